/**
 * What the forms need to know about every field of a RunConfig: label, unit, range, help and where a default comes from.
 * `readRunConfig` checks values against the same table. Pure: the page imports it.
 */
import type { RunConfig } from './runConfig.ts';

/** Path of a field: a key of RunConfig, or a method's settings and a key of them. */
export type RunFieldPath =
  | Exclude<keyof RunConfig, 'version' | 'lora' | 'ia3' | 'prompt' | 'adafactor'>
  | `lora.${keyof RunConfig['lora']}`
  | `ia3.${keyof RunConfig['ia3']}`
  | `prompt.${keyof RunConfig['prompt']}`
  | `adafactor.${keyof RunConfig['adafactor']}`;

export type RunFieldGroup = 'Method' | 'Learning' | 'Batches' | 'Lengths' | 'Checks' | 'Rows';

interface FieldText {
  readonly path: RunFieldPath;
  readonly label: string;
  readonly group: RunFieldGroup;
  /** One or two plain sentences: what it does, and when to change it. */
  readonly help: string;
  /** Where the default or the meaning comes from. */
  readonly source: string;
  /** Shown only in the advanced view. */
  readonly isAdvanced: boolean;
  /** The field has no effect with any other method. */
  readonly onlyFor?: RunConfig['method'];
  /** The field has no effect with the other optimizer. */
  readonly onlyWith?: RunConfig['optimizer'];
}

export interface NumberField extends FieldText {
  readonly kind: 'number';
  /** Shown behind the value; empty for a pure number. */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Step of the control; `min` is a multiple of it, so that round values are on its grid. */
  readonly step: number;
  readonly isWhole: boolean;
}

export interface ChoiceField extends FieldText {
  readonly kind: 'choice';
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

/** Module names, any of `options`; which exist depends on the model (`loraModules`). */
export interface ModulesField extends FieldText {
  readonly kind: 'modules';
  /** None may be chosen. */
  readonly isOptional: boolean;
  readonly options: readonly string[];
}

export interface SwitchField extends FieldText {
  readonly kind: 'switch';
}

/** One line of text. */
export interface TextField extends FieldText {
  readonly kind: 'text';
  readonly maxLength: number;
}

export type RunField = NumberField | ChoiceField | ModulesField | SwitchField | TextField;

/** Modules that can be trained in full beside LoRA, under PEFT's names. */
export const SAVABLE_MODULES = ['lm_head', 'embed_tokens', 'final_layer_norm'] as const;

const number = (field: Omit<NumberField, 'kind' | 'isWhole'>): NumberField => ({
  ...field,
  kind: 'number',
  isWhole: false,
});
const whole = (field: Omit<NumberField, 'kind' | 'isWhole' | 'step'>): NumberField => ({
  ...field,
  kind: 'number',
  step: 1,
  isWhole: true,
});

const LINEAR_MODULES = ['q', 'k', 'v', 'o', 'wi', 'wi_0', 'wi_1', 'wo'];

/** Every field a person can set, in the order of the form. */
export const RUN_FIELDS: readonly RunField[] = [
  {
    kind: 'choice',
    path: 'method',
    label: 'Method',
    group: 'Method',
    help: 'LoRA trains small matrices beside the frozen model, IA³ one factor per feature, prompt tuning vectors before the input; full training changes every weight and needs four times the memory of the model.',
    source: 'LoRA: arXiv:2106.09685, IA³: arXiv:2205.05638, prompt tuning: arXiv:2104.08691',
    isAdvanced: false,
    options: [
      { value: 'lora', label: 'LoRA' },
      { value: 'ia3', label: 'IA³' },
      { value: 'prompt-tuning', label: 'Prompt tuning' },
      { value: 'full', label: 'Full' },
    ],
  },
  whole({
    path: 'lora.r',
    label: 'Rank r',
    group: 'Method',
    unit: '',
    min: 1,
    max: 256,
    help: 'Width of the added matrices. More can learn more and costs r · (in + out) parameters per matrix.',
    source: 'PEFT LoraConfig.r',
    isAdvanced: false,
    onlyFor: 'lora',
  }),
  number({
    path: 'lora.alpha',
    label: 'Alpha',
    group: 'Method',
    unit: '',
    min: 0.5,
    max: 1024,
    step: 0.5,
    help: 'The adapter is multiplied by alpha / r. Once or twice the rank is usual.',
    source: 'PEFT LoraConfig.lora_alpha',
    isAdvanced: false,
    onlyFor: 'lora',
  }),
  number({
    path: 'lora.dropout',
    label: 'LoRA dropout',
    group: 'Method',
    unit: '',
    min: 0,
    max: 0.9,
    step: 0.01,
    help: 'Share of the adapter’s inputs set to zero while training. Helps a little against overfitting on few rows.',
    source: 'PEFT LoraConfig.lora_dropout',
    isAdvanced: true,
    onlyFor: 'lora',
  }),
  {
    kind: 'modules',
    path: 'lora.targets',
    label: 'Target modules',
    group: 'Method',
    help: 'Matrices that get an adapter: q, k, v, o of every attention; wi or wi_0 and wi_1, and wo of every feed-forward.',
    source: 'PEFT default for T5: q, v',
    isAdvanced: false,
    onlyFor: 'lora',
    isOptional: false,
    options: LINEAR_MODULES,
  },
  {
    kind: 'switch',
    path: 'lora.isRankStabilised',
    label: 'Rank-stabilised scale',
    group: 'Method',
    help: 'Multiplies the adapter by alpha / √r instead of alpha / r, so that large ranks learn as fast as small ones.',
    source: 'PEFT LoraConfig.use_rslora, arXiv:2312.03732',
    isAdvanced: true,
    onlyFor: 'lora',
  },
  {
    kind: 'switch',
    path: 'lora.usesDora',
    label: 'DoRA',
    group: 'Method',
    help: 'Also learns how long each row of a tuned matrix is. Often better at small ranks; each step takes longer.',
    source: 'PEFT LoraConfig.use_dora, arXiv:2402.09353',
    isAdvanced: true,
    onlyFor: 'lora',
  },
  {
    kind: 'modules',
    path: 'lora.savedModules',
    label: 'Trained in full',
    group: 'Method',
    help: 'Parts that are trained whole and stored beside the adapter: the output layer, the token embeddings, the last norms. The first two are as large as the vocabulary.',
    source: 'PEFT LoraConfig.modules_to_save',
    isAdvanced: true,
    onlyFor: 'lora',
    isOptional: true,
    options: SAVABLE_MODULES,
  },
  {
    kind: 'modules',
    path: 'ia3.targets',
    label: 'Target modules',
    group: 'Method',
    help: 'Layers whose features get factors: of wo what goes in, of all others what comes out.',
    source: 'PEFT default for T5: k, v, wo',
    isAdvanced: false,
    onlyFor: 'ia3',
    isOptional: false,
    options: LINEAR_MODULES,
  },
  whole({
    path: 'prompt.tokenCount',
    label: 'Virtual tokens',
    group: 'Method',
    unit: 'tokens',
    min: 1,
    max: 512,
    help: 'Vectors put before every input. They take part in attention like words, so more make each step slower.',
    source: 'PEFT PromptTuningConfig.num_virtual_tokens; the paper uses 20 to 100',
    isAdvanced: false,
    onlyFor: 'prompt-tuning',
  }),
  {
    kind: 'choice',
    path: 'prompt.start',
    label: 'Start from',
    group: 'Method',
    help: 'What the vectors are before the first step: the words of a text, words drawn from the vocabulary, or random numbers, which learn slowest.',
    source: 'PEFT PromptTuningConfig.prompt_tuning_init',
    isAdvanced: true,
    onlyFor: 'prompt-tuning',
    options: [
      { value: 'text', label: 'A text' },
      { value: 'vocabulary', label: 'Drawn words' },
      { value: 'random', label: 'Random numbers' },
    ],
  },
  {
    kind: 'text',
    path: 'prompt.text',
    label: 'Starting text',
    group: 'Method',
    maxLength: 2000,
    help: 'Its tokens are repeated or cut to the number of virtual tokens. Used when starting from a text.',
    source: 'PEFT PromptTuningConfig.prompt_tuning_init_text',
    isAdvanced: true,
    onlyFor: 'prompt-tuning',
  },
  {
    kind: 'choice',
    path: 'optimizer',
    label: 'Optimizer',
    group: 'Learning',
    help: 'AdamW keeps two numbers for every trained one. Adafactor keeps only sums of rows and columns: the optimizer that T5 was trained with, for large models in little memory.',
    source: 'transformers TrainingArguments.optim; Adafactor: arXiv:1804.04235',
    isAdvanced: true,
    options: [
      { value: 'adamw', label: 'AdamW' },
      { value: 'adafactor', label: 'Adafactor' },
    ],
  },
  number({
    path: 'learningRate',
    label: 'Learning rate',
    group: 'Learning',
    unit: '',
    min: 1e-6,
    max: 1,
    step: 1e-6,
    help: 'Size of a step. T5 wants more than other models: about 3e-4 to 1e-3 with LoRA, 3e-3 with IA³, 0.1 to 0.3 with prompt tuning, 1e-4 for full training. Halve it if the loss jumps.',
    source: 'transformers T5 documentation: 1e-4 to 3e-4',
    isAdvanced: false,
  }),
  {
    kind: 'choice',
    path: 'schedule',
    label: 'Schedule',
    group: 'Learning',
    help: 'How the rate goes on after warmup: down in a straight line, down along a cosine, unchanged, or down with the square root of the step. Adafactor with relative steps has a rate of its own.',
    source: 'transformers get_scheduler',
    isAdvanced: true,
    options: [
      { value: 'linear', label: 'Linear' },
      { value: 'cosine', label: 'Cosine' },
      { value: 'constant', label: 'Constant' },
      { value: 'inverse_sqrt', label: 'Inverse square root' },
    ],
  },
  whole({
    path: 'warmupSteps',
    label: 'Warmup',
    group: 'Learning',
    unit: 'steps',
    min: 0,
    max: 100_000,
    help: 'Steps over which the rate rises from 0. 3 to 6 % of all steps is usual.',
    source: 'transformers TrainingArguments.warmup_steps',
    isAdvanced: true,
  }),
  number({
    path: 'weightDecay',
    label: 'Weight decay',
    group: 'Learning',
    unit: '',
    min: 0,
    max: 1,
    step: 0.01,
    help: 'Pulls matrices towards zero a little at each step; norms and position biases are left out.',
    source: 'AdamW: arXiv:1711.05101; transformers TrainingArguments.weight_decay',
    isAdvanced: true,
  }),
  number({
    path: 'maxGradNorm',
    label: 'Gradient clipping',
    group: 'Learning',
    unit: '',
    min: 0,
    max: 1000,
    step: 0.1,
    help: 'Gradients with a larger global norm are scaled down to it. 0 switches clipping off.',
    source: 'transformers TrainingArguments.max_grad_norm: 1.0',
    isAdvanced: true,
  }),
  number({
    path: 'adamBeta1',
    label: 'Adam beta 1',
    group: 'Learning',
    unit: '',
    min: 0,
    max: 0.9999,
    step: 0.01,
    help: 'How long the mean of past gradients is remembered.',
    source: 'torch.optim.AdamW: 0.9',
    isAdvanced: true,
    onlyWith: 'adamw',
  }),
  number({
    path: 'adamBeta2',
    label: 'Adam beta 2',
    group: 'Learning',
    unit: '',
    min: 0,
    max: 0.99999,
    step: 0.001,
    help: 'How long the mean of past squared gradients is remembered.',
    source: 'torch.optim.AdamW: 0.999',
    isAdvanced: true,
    onlyWith: 'adamw',
  }),
  number({
    path: 'adamEpsilon',
    label: 'Adam epsilon',
    group: 'Learning',
    unit: '',
    min: 1e-10,
    max: 1e-2,
    step: 1e-10,
    help: 'Added to the divisor so that it is never zero.',
    source: 'torch.optim.AdamW: 1e-8',
    isAdvanced: true,
    onlyWith: 'adamw',
  }),
  {
    kind: 'switch',
    path: 'adafactor.isRelativeStep',
    label: 'Relative steps',
    group: 'Learning',
    help: 'The rate follows from the number of the update, 1/√t and at most 1e-2. Learning rate, schedule and warmup then have no effect.',
    source: 'transformers Adafactor relative_step, as T5 was trained',
    isAdvanced: true,
    onlyWith: 'adafactor',
  },
  {
    kind: 'switch',
    path: 'adafactor.hasWarmupInit',
    label: 'Slow start',
    group: 'Learning',
    help: 'With relative steps: the rate begins at 1e-6 and rises by as much with each update.',
    source: 'transformers Adafactor warmup_init',
    isAdvanced: true,
    onlyWith: 'adafactor',
  },
  {
    kind: 'switch',
    path: 'adafactor.scalesByParameter',
    label: 'Scale by parameter',
    group: 'Learning',
    help: 'Multiplies the rate by the size of each matrix, so that small ones change little. Switch it off for a rate of your own, such as 1e-3.',
    source: 'transformers Adafactor scale_parameter',
    isAdvanced: true,
    onlyWith: 'adafactor',
  },
  number({
    path: 'adafactor.clipThreshold',
    label: 'Update clipping',
    group: 'Learning',
    unit: '',
    min: 0.1,
    max: 100,
    step: 0.1,
    help: 'An update whose root mean square is larger is scaled down to it.',
    source: 'transformers Adafactor clip_threshold: 1.0',
    isAdvanced: true,
    onlyWith: 'adafactor',
  }),
  number({
    path: 'adafactor.decayRate',
    label: 'Decay rate',
    group: 'Learning',
    unit: '',
    min: -2,
    max: 0,
    step: 0.05,
    help: 'Exponent of the memory for squared gradients: that of update t is 1 - t to this power.',
    source: 'transformers Adafactor decay_rate: -0.8',
    isAdvanced: true,
    onlyWith: 'adafactor',
  }),
  number({
    path: 'adafactor.squareEpsilon',
    label: 'Square epsilon',
    group: 'Learning',
    unit: '',
    min: 1e-30,
    max: 1e-6,
    step: 1e-30,
    help: 'Added to squared gradients so that none is zero.',
    source: 'transformers Adafactor eps[0]: 1e-30',
    isAdvanced: true,
    onlyWith: 'adafactor',
  }),
  number({
    path: 'adafactor.scaleEpsilon',
    label: 'Scale epsilon',
    group: 'Learning',
    unit: '',
    min: 1e-6,
    max: 1,
    step: 1e-6,
    help: 'The least size of a matrix that its rate is scaled by: matrices of zeros can begin to learn.',
    source: 'transformers Adafactor eps[1]: 1e-3',
    isAdvanced: true,
    onlyWith: 'adafactor',
  }),
  number({
    path: 'labelSmoothing',
    label: 'Label smoothing',
    group: 'Learning',
    unit: '',
    min: 0,
    max: 0.9,
    step: 0.01,
    help: 'Share of each label’s weight that is spread over all words, so that the model is less sure of itself. The loss is then higher.',
    source: 'transformers TrainingArguments.label_smoothing_factor: 0',
    isAdvanced: true,
  }),
  number({
    path: 'dropout',
    label: 'Model dropout',
    group: 'Learning',
    unit: '',
    min: 0,
    max: 0.9,
    step: 0.01,
    help: 'Share of the model’s own activations set to zero while training.',
    source: 'T5 config.json dropout_rate: 0.1',
    isAdvanced: true,
  }),
  number({
    path: 'epochs',
    label: 'Epochs',
    group: 'Batches',
    unit: 'epochs',
    min: 0.5,
    max: 1000,
    step: 0.5,
    help: 'How often each row is seen. 3 to 10 for a few hundred rows, 1 to 3 for many thousand.',
    source: 'transformers TrainingArguments.num_train_epochs',
    isAdvanced: false,
  }),
  whole({
    path: 'maxSteps',
    label: 'Step limit',
    group: 'Batches',
    unit: 'steps',
    min: 0,
    max: 10_000_000,
    help: 'Length of the run in steps. Above 0 it replaces the number of epochs.',
    source: 'transformers TrainingArguments.max_steps',
    isAdvanced: true,
  }),
  whole({
    path: 'batchSize',
    label: 'Batch size',
    group: 'Batches',
    unit: 'rows',
    min: 1,
    max: 256,
    help: 'Rows in one pass. Memory grows with it; when it does not fit, halve it and double the accumulation.',
    source: 'transformers TrainingArguments.per_device_train_batch_size: 8',
    isAdvanced: false,
  }),
  whole({
    path: 'gradientAccumulationSteps',
    label: 'Gradient accumulation',
    group: 'Batches',
    unit: 'passes',
    min: 1,
    max: 256,
    help: 'Passes per step: the result is that of one larger batch, weighted by tokens, in the memory of one pass.',
    source: 'transformers TrainingArguments.gradient_accumulation_steps',
    isAdvanced: true,
  }),
  whole({
    path: 'maxInputTokens',
    label: 'Input limit',
    group: 'Lengths',
    unit: 'tokens',
    min: 8,
    max: 4096,
    help: 'Longer inputs are cut here; the closing </s> counts and is kept.',
    source: 'T5 was trained with 512',
    isAdvanced: false,
  }),
  whole({
    path: 'maxTargetTokens',
    label: 'Target limit',
    group: 'Lengths',
    unit: 'tokens',
    min: 2,
    max: 1024,
    help: 'Longer targets are cut here; the closing </s> counts and is kept.',
    source: 'T5 was trained with 114 target tokens',
    isAdvanced: false,
  }),
  {
    kind: 'switch',
    path: 'padsToMaxLength',
    label: 'Pad to the limits',
    group: 'Lengths',
    help: 'Makes every batch as long as the limits instead of as its longest row: slower, with the same result unless padding is counted.',
    source: 'transformers padding="max_length"',
    isAdvanced: true,
  },
  {
    kind: 'switch',
    path: 'countsPadding',
    label: 'Count padding in the loss, as the lab does',
    group: 'Lengths',
    help: 'Padding of the targets is learned like words. Learning to write padding is easy, so the loss looks lower than it is after a few steps; both losses are drawn. Leave it off unless you repeat the lab.',
    source: 'DialogSum lab: labels are padded with 0, not -100',
    isAdvanced: true,
  },
  whole({
    path: 'evalSteps',
    label: 'Validate every',
    group: 'Checks',
    unit: 'steps',
    min: 0,
    max: 1_000_000,
    help: 'Steps between measurements on the validation rows. 0: at the end of each epoch.',
    source: 'transformers TrainingArguments.eval_steps',
    isAdvanced: true,
  }),
  whole({
    path: 'saveSteps',
    label: 'Checkpoint every',
    group: 'Checks',
    unit: 'steps',
    min: 1,
    max: 1_000_000,
    help: 'Steps between checkpoints. After a reload or crash the run goes on from the last one.',
    source: 'transformers TrainingArguments.save_steps',
    isAdvanced: true,
  }),
  number({
    path: 'validationShare',
    label: 'Validation rows',
    group: 'Rows',
    unit: 'share',
    min: 0,
    max: 0.9,
    step: 0.01,
    help: 'Share of rows never trained on, used to measure progress during the run.',
    source: 'Common practice: 5 to 20 %',
    isAdvanced: false,
  }),
  number({
    path: 'testShare',
    label: 'Test rows',
    group: 'Rows',
    unit: 'share',
    min: 0,
    max: 0.9,
    step: 0.01,
    help: 'Share of rows kept for the comparison after the run.',
    source: 'Common practice: 5 to 20 %',
    isAdvanced: false,
  }),
  whole({
    path: 'seed',
    label: 'Seed',
    group: 'Rows',
    unit: '',
    min: 0,
    max: 4_294_967_295,
    help: 'The same seed gives the same split, order, dropout and starting adapter.',
    source: 'transformers TrainingArguments.seed: 42',
    isAdvanced: true,
  }),
];

/** Value of a field in a config (or in a part of one). */
export function fieldValue(config: unknown, path: RunFieldPath): unknown {
  let value = config;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}
