/** What follows from the settings of a run before and while it trains. Pure: no store is read here. */
import { paddedLabelLength, paddedLength } from '../data/collate.ts';
import { totalSteps } from '../data/sampler.ts';
import { learningRateAt } from '../engine/optim/schedules.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { chooseMemoryPlan } from '../engine/t5/memoryPlan.ts';
import { countParameters, loraModules, loraSpecs } from '../engine/t5/spec.ts';
import type { RunRecord } from '../storage/records.ts';
import { memoryRequest } from '../training/memoryRequest.ts';
import type { RunConfig } from '../training/runConfig.ts';
import { countTrainable } from '../training/trainableCount.ts';
import type { DeviceView } from '../workers/protocol.ts';

/** Why this device cannot run these settings, in one sentence with what to do; undefined when it can. */
export function deviceBlocker(
  { fp16 }: RunConfig,
  { kind, isSoftware, features }: Pick<DeviceView, 'kind' | 'isSoftware' | 'features'>,
): string | undefined {
  const hasHalves = kind === 'webgpu' && !isSoftware && features.includes('shader-f16');
  return fp16 && !hasHalves
    ? 'This device multiplies in 32 bits only. Switch off 16-bit products.'
    : undefined;
}

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
  /** What is trained, its gradients and the two Adam moments. */
  trainingBytes: number;
  /** What one batch takes, free buffers included. */
  activationBytes: number;
  /** Layers are computed again for the backward pass, which takes less memory and more time. */
  recomputesLayers: boolean;
  totalBytes: number;
}

/**
 * Device memory at the peak of a run, with a batch of the longest rows. `deviceBytes` are those of the loaded weights, which
 * may be packed; 4 a number unless told.
 */
export function estimateMemory(
  model: T5Config,
  run: RunConfig,
  longest: { inputTokens: number; targetTokens: number },
  deviceBytes = 4 * countParameters(model),
): MemoryEstimate {
  const batch = {
    size: run.batchSize,
    inputLength: paddedLength(longest.inputTokens),
    labelLength: paddedLabelLength(longest.targetTokens),
  };
  const frozenBytes = deviceBytes / countParameters(model);
  const plan = chooseMemoryPlan(memoryRequest(model, run, batch, frozenBytes));
  return {
    weightBytes: plan.weightBytes,
    trainingBytes: plan.trainingBytes,
    activationBytes: plan.keptBytes + plan.workBytes + plan.slackBytes + plan.recordedBytes,
    recomputesLayers: plan.recomputesLayers,
    totalBytes: plan.totalBytes,
  };
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
