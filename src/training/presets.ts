/** Ready-made run settings. Each is a whole RunConfig; forms start from one and change fields. Pure. */
import type { RunConfig } from './runConfig.ts';

export type PresetId = 'quick' | 'lora' | 'instruction' | 'dialogsum' | 'full';

export interface Preset {
  readonly id: PresetId;
  readonly label: string;
  /** One sentence: for whom, and how it differs. */
  readonly help: string;
  readonly config: RunConfig;
}

/** The defaults: LoRA as most people want it. A missing field of a stored config takes its value from here. */
export const DEFAULT_RUN_CONFIG: RunConfig = {
  version: 1,
  method: 'lora',
  lora: {
    r: 16,
    alpha: 32,
    dropout: 0.05,
    targets: ['q', 'v'],
    isRankStabilised: false,
    usesDora: false,
    savedModules: [],
  },
  ia3: { targets: ['k', 'v', 'wo'] },
  prompt: { tokenCount: 20, start: 'vocabulary', text: '' },
  optimizer: 'adamw',
  adafactor: {
    scalesByParameter: true,
    isRelativeStep: true,
    hasWarmupInit: true,
    clipThreshold: 1,
    decayRate: -0.8,
    squareEpsilon: 1e-30,
    scaleEpsilon: 1e-3,
  },
  learningRate: 3e-4,
  schedule: 'linear',
  warmupSteps: 10,
  epochs: 3,
  maxSteps: 0,
  batchSize: 8,
  gradientAccumulationSteps: 1,
  maxGradNorm: 1,
  weightDecay: 0,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  dropout: 0.1,
  maxInputTokens: 512,
  maxTargetTokens: 128,
  padsToMaxLength: false,
  countsPadding: false,
  labelSmoothing: 0,
  fp16: false,
  evalSteps: 0,
  saveSteps: 50,
  validationShare: 0.1,
  testShare: 0.1,
  seed: 42,
};

const ALL_LINEAR = ['q', 'k', 'v', 'o', 'wi', 'wi_0', 'wi_1', 'wo'];

/** In the order in which the page offers them. */
export const PRESETS: readonly Preset[] = [
  {
    id: 'quick',
    label: 'Quick try',
    help: 'Short and lively: a small adapter on every matrix of the starter model, done in minutes.',
    config: {
      ...DEFAULT_RUN_CONFIG,
      lora: { ...DEFAULT_RUN_CONFIG.lora, dropout: 0, targets: ALL_LINEAR },
      learningRate: 3e-3,
      warmupSteps: 4,
      epochs: 5,
      dropout: 0,
      maxInputTokens: 256,
      maxTargetTokens: 64,
    },
  },
  {
    id: 'lora',
    label: 'General LoRA',
    help: 'Rank 16 on q and v, as most fine-tuning tools begin.',
    config: DEFAULT_RUN_CONFIG,
  },
  {
    id: 'instruction',
    label: 'Instruction',
    help: 'For tables of instruction, input and output: adapters on every matrix and a gentler rate.',
    config: {
      ...DEFAULT_RUN_CONFIG,
      lora: { ...DEFAULT_RUN_CONFIG.lora, targets: ALL_LINEAR },
      schedule: 'cosine',
      warmupSteps: 20,
      maxTargetTokens: 256,
    },
  },
  {
    id: 'dialogsum',
    label: 'DialogSum lab',
    help: 'The well-known course lab as it is: rank 32 on q and v, rate 1e-3, ten epochs of 125 rows in batches of 8, every row padded to 512 tokens and padding counted in the loss. No rows are kept back.',
    config: {
      ...DEFAULT_RUN_CONFIG,
      lora: { ...DEFAULT_RUN_CONFIG.lora, r: 32, alpha: 32 },
      learningRate: 1e-3,
      warmupSteps: 0,
      epochs: 10,
      maxTargetTokens: 512,
      padsToMaxLength: true,
      countsPadding: true,
      validationShare: 0,
      testShare: 0,
    },
  },
  {
    id: 'full',
    label: 'Full',
    help: 'Every weight is trained. For small models; needs four times the memory of the model.',
    config: { ...DEFAULT_RUN_CONFIG, method: 'full', learningRate: 1e-4, warmupSteps: 20 },
  },
];
