/** What follows from the settings of a run before and while it trains. Pure: no store is read here. */
import { totalSteps } from '../data/sampler.ts';
import { learningRateAt } from '../engine/optim/schedules.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { countParameters, loraModules, loraSpecs } from '../engine/t5/spec.ts';
import type { RunRecord } from '../storage/records.ts';
import type { RunConfig } from '../training/runConfig.ts';
import { countTrainable } from '../training/trainableCount.ts';

/** Modules of this model that an adapter can be put on: `wi`, or `wi_0` and `wi_1` where the feed-forward is gated. */
export const targetModules = (model: T5Config): readonly string[] => loraModules(model);

export interface TrainableFacts {
  trainable: number;
  total: number;
  /** Matrices that get an adapter; 0 for prompts and full training. */
  matrixCount: number;
  /** LoRA's matrices grouped by size, largest group first; empty for other methods. */
  groups: readonly { inSize: number; outSize: number; count: number; modules: readonly string[] }[];
}

/** How many parameters train, and for LoRA the sum r · (in + out) · count it is made of. */
export function trainableFacts(model: T5Config, run: RunConfig): TrainableFacts {
  const trainable = countTrainable(model, run);
  const total = countParameters(model);
  const settings = run.method === 'lora' ? run.lora : run.method === 'ia3' ? run.ia3 : undefined;
  const specs = settings === undefined ? [] : loraSpecs(model, settings.targets);
  if (run.method !== 'lora') return { trainable, total, matrixCount: specs.length, groups: [] };
  const groups = new Map<string, { inSize: number; outSize: number; count: number; modules: Set<string> }>();
  for (const { inSize, outSize, module } of specs) {
    const key = `${inSize} ${outSize}`;
    const group = groups.get(key) ?? { inSize, outSize, count: 0, modules: new Set<string>() };
    group.count++;
    group.modules.add(module);
    groups.set(key, group);
  }
  return {
    trainable,
    total,
    matrixCount: specs.length,
    groups: [...groups.values()]
      .map((group) => ({ ...group, modules: [...group.modules] }))
      .sort((a, b) => b.count - a.count),
  };
}

/** Parameters of every method, to set them side by side. */
export function methodCounts(model: T5Config, run: RunConfig): Record<RunConfig['method'], number> {
  const count = (method: RunConfig['method']): number => countTrainable(model, { ...run, method });
  return {
    lora: count('lora'),
    ia3: count('ia3'),
    'prompt-tuning': count('prompt-tuning'),
    full: count('full'),
  };
}

/** A run's method in a few words: "LoRA r 16", "DoRA r 8", "IA³", "20 virtual tokens", "full". */
export function methodName({ method, lora, prompt }: RunConfig): string {
  switch (method) {
    case 'lora':
      return `${lora.usesDora ? 'DoRA' : 'LoRA'} r ${lora.r}`;
    case 'ia3':
      return 'IA³';
    case 'prompt-tuning':
      return `${prompt.tokenCount} virtual tokens`;
    case 'full':
      return 'full';
    default:
      return method satisfies never;
  }
}

export interface StepFacts {
  stepsPerEpoch: number;
  totalSteps: number;
  /** Rows seen over the whole run, repeats counted. */
  rowsSeen: number;
}

/** Length of a run over `exampleCount` training rows. */
export function stepFacts(run: RunConfig, exampleCount: number): StepFacts {
  const steps = totalSteps(run, exampleCount);
  const stepsPerEpoch = totalSteps({ ...run, epochs: 1, maxSteps: 0 }, exampleCount);
  return {
    stepsPerEpoch,
    totalSteps: steps,
    rowsSeen: Math.round((steps / Math.max(1, stepsPerEpoch)) * exampleCount),
  };
}

/** The rate that step `step` (from 1) of a run will use. */
export function plannedRateAt(run: RunConfig, stepCount: number, step: number): number {
  const { schedule, learningRate, warmupSteps } = run;
  return learningRateAt(step - 1, { schedule, learningRate, warmupSteps, totalSteps: stepCount });
}

export interface MemoryEstimate {
  weightBytes: number;
  /** Adapter, gradients and the two Adam moments. */
  trainingBytes: number;
  /** What the backward pass needs of one batch. */
  activationBytes: number;
  totalBytes: number;
}

/**
 * A rough estimate of device memory: float32 weights, 12 bytes per trained parameter for gradient and moments (16 for an
 * adapter, whose weights come on top), and what one batch of the longest rows leaves behind for the backward pass.
 */
export function estimateMemory(
  model: T5Config,
  run: RunConfig,
  longest: { inputTokens: number; targetTokens: number },
): MemoryEstimate {
  const weightBytes = 4 * countParameters(model);
  const trainable = countTrainable(model, run);
  const trainingBytes = (run.method === 'full' ? 12 : 16) * trainable;
  const activationBytes =
    4 * run.batchSize * activationsPerRow(model, longest.inputTokens, longest.targetTokens);
  return {
    weightBytes,
    trainingBytes,
    activationBytes,
    totalBytes: weightBytes + trainingBytes + activationBytes,
  };
}

/** Numbers kept per row: S input and T target tokens, attention scores included, logits three times. */
function activationsPerRow(model: T5Config, S: number, T: number): number {
  const { dModel: D, dFf: F, numHeads: H, dKv: K, vocabSize: V } = model;
  const inner = H * K;
  const feedForward = 2 * D + (model.feedForwardProj === 'gated-gelu' ? 4 : 2) * F;
  const selfAttention = (length: number) => length * (2 * D + 4 * inner) + 2 * H * length * length;
  const crossAttention = T * (2 * D + 2 * inner) + 2 * S * inner + 2 * H * T * S;
  return (
    model.numLayers * (selfAttention(S) + S * feedForward) +
    model.numDecoderLayers * (selfAttention(T) + crossAttention + T * feedForward) +
    3 * T * V
  );
}

const RECENT_STEPS = 30;

/** Milliseconds left of a run by the median of its last steps; undefined before the third. */
export function remainingMs(run: Pick<RunRecord, 'steps' | 'totalSteps'>): number | undefined {
  if (run.steps.length < 3) return undefined;
  const recent = run.steps
    .slice(-RECENT_STEPS)
    .map(({ stepMs }) => stepMs)
    .sort((a, b) => a - b);
  const median = recent[recent.length >> 1]!;
  return median * Math.max(0, run.totalSteps - run.steps.at(-1)!.step);
}
