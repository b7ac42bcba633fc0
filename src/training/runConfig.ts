/**
 * Every setting of a run in one readonly object. `readRunConfig` (readRunConfig.ts) is the only door for stored
 * or typed-in values; `runFields.ts` describes each field for the forms.
 */
export interface RunConfig {
  readonly version: 1;
  readonly method: 'lora' | 'full';
  readonly lora: LoraSettings;
  readonly learningRate: number;
  readonly schedule: 'linear' | 'cosine' | 'constant';
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
  /** Decoupled (AdamW), applied to matrices only, as HF does: not to norms. */
  readonly weightDecay: number;
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
  /** The model's own dropout during training. */
  readonly dropout: number;
  /** Tokens, </s> included. */
  readonly maxInputTokens: number;
  readonly maxTargetTokens: number;
  /** Optimizer steps between evaluations on the validation rows; 0: at each epoch's end. */
  readonly evalSteps: number;
  /** Optimizer steps between checkpoints. */
  readonly saveSteps: number;
  readonly validationShare: number;
  readonly testShare: number;
  readonly seed: number;
}

/** As PEFT's LoraConfig: r, lora_alpha, lora_dropout, target_modules. */
export interface LoraSettings {
  readonly r: number;
  readonly alpha: number;
  readonly dropout: number;
  /** Module names: any of q, k, v, o, wi, wi_0, wi_1, wo. */
  readonly targets: readonly string[];
}
