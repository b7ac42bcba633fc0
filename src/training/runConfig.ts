/**
 * Every setting of a run in one readonly object. `readRunConfig` (readRunConfig.ts) is the only door for stored
 * or typed-in values; `runFields.ts` describes each field for the forms.
 */
export interface RunConfig {
  readonly version: 1;
  readonly method: 'lora' | 'ia3' | 'prompt-tuning' | 'full';
  readonly lora: LoraSettings;
  readonly ia3: Ia3Settings;
  readonly prompt: PromptSettings;
  readonly optimizer: 'adamw' | 'adafactor';
  readonly adafactor: AdafactorSettings;
  readonly learningRate: number;
  readonly schedule: 'linear' | 'cosine' | 'constant' | 'inverse_sqrt';
  /** Optimizer steps over which the learning rate rises from 0. */
  readonly warmupSteps: number;
  readonly epochs: number;
  /** Optimizer steps; overrides `epochs` when above 0. */
  readonly maxSteps: number;
  /** Examples per forward pass. */
  readonly batchSize: number;
  /** Forward passes per optimizer step. */
  readonly gradientAccumulationSteps: number;
  /** Global gradient norm above which gradients are scaled down; 0 switches clipping off. */
  readonly maxGradNorm: number;
  /** Decoupled from the gradient, applied to matrices only, as HF does: not to norms. */
  readonly weightDecay: number;
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
  /** The model's own dropout during training. */
  readonly dropout: number;
  /** Tokens, </s> included. */
  readonly maxInputTokens: number;
  readonly maxTargetTokens: number;
  /** Every batch is as long as the limits, not as its longest row. */
  readonly padsToMaxLength: boolean;
  /** Padding of the targets is learned like words (label 0 instead of -100): the loss of the well-known lab. */
  readonly countsPadding: boolean;
  /** Share of each label's weight that is spread over the whole vocabulary. */
  readonly labelSmoothing: number;
  /** The products of layers multiply in 16 bits while training, on GPUs that can. */
  readonly fp16: boolean;
  /** Optimizer steps between evaluations on the validation rows; 0: at each epoch's end. */
  readonly evalSteps: number;
  /** Optimizer steps between checkpoints. */
  readonly saveSteps: number;
  readonly validationShare: number;
  readonly testShare: number;
  readonly seed: number;
}

/** As PEFT's LoraConfig: r, lora_alpha, lora_dropout, target_modules, use_rslora, use_dora, modules_to_save. */
export interface LoraSettings {
  readonly r: number;
  readonly alpha: number;
  readonly dropout: number;
  /** Module names: any of q, k, v, o, wi, wi_0, wi_1, wo. */
  readonly targets: readonly string[];
  /** Scale by alpha/√r instead of alpha/r. */
  readonly isRankStabilised: boolean;
  readonly usesDora: boolean;
  /** Modules trained in full beside the adapter: any of `SAVABLE_MODULES` (fields/methodFields.ts). */
  readonly savedModules: readonly string[];
}

/** As transformers.optimization.Adafactor: scale_parameter, relative_step, warmup_init and so on; beta1 is None. */
export interface AdafactorSettings {
  /** The rate is multiplied by the root mean square of each parameter. */
  readonly scalesByParameter: boolean;
  /** The rate follows from the number of the update; `learningRate` and `schedule` have no effect. */
  readonly isRelativeStep: boolean;
  /** With relative steps: rises slowly from 1e-6. */
  readonly hasWarmupInit: boolean;
  /** Root mean square above which an update is scaled down. */
  readonly clipThreshold: number;
  /** Exponent of the growing memory of squared gradients. */
  readonly decayRate: number;
  /** Added to squared gradients. */
  readonly squareEpsilon: number;
  /** Least root mean square of a parameter that the rate is scaled by. */
  readonly scaleEpsilon: number;
}

/** As PEFT's IA3Config: target_modules; of wo the input is scaled, of all others the output. */
export interface Ia3Settings {
  readonly targets: readonly string[];
}

/** As PEFT's PromptTuningConfig: num_virtual_tokens, prompt_tuning_init and its text. */
export interface PromptSettings {
  readonly tokenCount: number;
  /** The vectors start from the tokens of a text, from tokens drawn from the vocabulary, or from random numbers. */
  readonly start: 'text' | 'vocabulary' | 'random';
  readonly text: string;
}
