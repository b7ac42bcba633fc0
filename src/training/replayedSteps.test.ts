/** Replayed steps against steps issued anew: the same bits. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { BatchSource } from '../data/batchSource.ts';
import { gpuBytes, purgePool } from '../engine/memory.ts';
import { profileKernels } from '../engine/profile/profileKernels.ts';
import { Recording } from '../engine/replay/recording.ts';
import { loadGoldenModel } from '../test/golden/goldenModel.ts';
import { bufferPool, reductionStyle, setReductionStyle } from '../engine/runtime.ts';
import { variedBatches } from '../test/variedBatches.ts';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import * as recomputeChoice from './recomputeChoice.ts';
import { fullBatch, measuredRun, openRepeatedStep } from './repeatedStep.ts';
import type { Batch } from '../data/batch.ts';
import type { RunConfig } from './runConfig.ts';
import { sft, type SftEvent, type SftRun } from './sft.ts';
import { openTrainables, readParameters, type Trainables } from './trainables.ts';

const gpu = await openTestDevice();
const settings: RunConfig = {
  ...DEFAULT_RUN_CONFIG,
  lora: { ...DEFAULT_RUN_CONFIG.lora, r: 4, dropout: 0.1, targets: ['q', 'v', 'wi_0', 'wo'] },
  dropout: 0.1,
  learningRate: 1e-2,
  warmupSteps: 3,
  weightDecay: 0.1,
  saveSteps: 1000,
};

const adamw = { optimizer: 'adamw' } as const;
/** At the rate of the settings: its own begins so low that hardly a bit would change. */
const adafactor = {
  optimizer: 'adafactor',
  adafactor: { ...settings.adafactor, isRelativeStep: false, hasWarmupInit: false },
} as const;

/** Generous: what takes seconds takes minutes where many tests share a processor. */
const timeoutMs = 600_000;

describe.skipIf(gpu === null)('replayed steps', () => {
  let base: Awaited<ReturnType<typeof loadGoldenModel>>;

  beforeAll(async () => {
    await tf.setBackend('webgpu');
    base = await loadGoldenModel('gated');
  });
  beforeEach(() => void vi.restoreAllMocks());

  test.each([
    { ...adamw, method: 'lora', microBatches: 2, recomputes: true, totalSteps: 20, least: 40 },
    { ...adamw, method: 'full', microBatches: 1, recomputes: false, totalSteps: 20, least: 12 },
    { ...adamw, method: 'lora', microBatches: 1, recomputes: false, totalSteps: 8, least: 1 },
    { ...adamw, method: 'full', microBatches: 2, recomputes: true, totalSteps: 8, least: 8 },
    { ...adafactor, method: 'lora', microBatches: 2, recomputes: true, totalSteps: 8, least: 8 },
    { ...adafactor, method: 'full', microBatches: 1, recomputes: false, totalSteps: 8, least: 1 },
  ] as const)(
    '$method, $optimizer, $microBatches micro-batches, recomputing $recomputes: $totalSteps steps give the same bits',
    async ({ microBatches, recomputes, totalSteps, least, ...kind }) => {
      vi.spyOn(recomputeChoice, 'recomputesLayers').mockReturnValue(recomputes);
      const config = { ...settings, ...kind };
      const run = { config, batches: () => variedBatches(base.config, microBatches), totalSteps };
      const plain = await trained({ ...run, replays: false });
      const replays = vi.spyOn(Recording.prototype, 'replay');
      const replayed = await trained(run);
      expect(replayed).toEqual(plain);
      expect(plain.losses).toHaveLength(totalSteps);
      // Each piece of a shape is seen two or three times before.
      expect(replays.mock.calls.length).toBeGreaterThanOrEqual(least);
    },
    timeoutMs,
  );

  test.each([adamw, adafactor])(
    '$optimizer: a skipped step and evaluations between replays change nothing',
    async (kind) => {
      const config = { ...settings, ...kind, evalSteps: 3, saveSteps: 5 };
      const batches = (): BatchSource => {
        const source = variedBatches(base.config, 1);
        let step = 0;
        return {
          ...source,
          nextStep: () => {
            const [batch] = source.nextStep();
            return [++step === 11 ? { ...batch!, labelTokenCount: NaN } : batch!];
          },
        };
      };
      const validation = () => variedBatches(base.config, 2).nextStep();
      const run = { config, batches, totalSteps: 16 };
      const plain = await trained({ ...run, replays: false }, { validation });
      const replays = vi.spyOn(Recording.prototype, 'replay');
      const replayed = await trained(run, { validation });
      expect(replayed).toEqual(plain);
      expect(replayed.losses).toHaveLength(15);
      expect(replays.mock.calls.length).toBeGreaterThan(3);
    },
    timeoutMs,
  );

  test(
    'a profile names the kernels of a replayed step',
    async () => {
      const config = measuredRun('lora');
      const step = openRepeatedStep(base, config, fullBatch(base.config, 2, 8, 4));
      for (let i = 0; i < 3; i++) await step.run();
      const replays = vi.spyOn(Recording.prototype, 'replay');
      const { kernels } = await profileKernels(() => step.run());
      expect(replays.mock.calls.length).toBeGreaterThan(0);
      expect(kernels.map(({ name }) => name)).toContain('stepControl');
      expect(kernels.find(({ name }) => name.startsWith('matmul'))!.calls).toBeGreaterThan(1);
      step.dispose();
    },
    timeoutMs,
  );

  // Long batches that recompute their layers make other numbers of tensors than short ones.
  test.each([
    { style: 'invocation', recomputedFrom: Infinity },
    { style: 'invocation', recomputedFrom: 40 },
    { style: 'subgroup', recomputedFrom: Infinity },
  ] as const)(
    'over ten lengths, replayed steps hold less than 1.5 times what steps of the longest alone do ($style, recomputed from $recomputedFrom)',
    async ({ style, recomputedFrom }) => {
      const usual = reductionStyle();
      onTestFinished(() => setReductionStyle(usual));
      setReductionStyle(style);
      const choice = vi.spyOn(recomputeChoice, 'recomputesLayers');
      choice.mockImplementation((_, __, { inputLength }) => inputLength >= recomputedFrom);
      const config = { ...settings, method: 'lora', dropout: 0 } as const;
      const lengths = [20, 24, 28, 32, 96, 40, 44, 36, 64, 80];
      const held = async (batches: readonly Batch[]): Promise<number[]> => {
        const trainables = openTrainables(base, config);
        purgePool();
        bufferPool().keptBytes = 0; // small models would keep all
        let made = 0;
        const source = {
          ...variedBatches(base.config, 1),
          nextStep: () => [batches[made++ % batches.length]!],
        };
        const bytes: number[] = [];
        const totalSteps = 4 * batches.length;
        for await (const event of sft({
          config,
          trainables,
          batches: source,
          validation: null,
          totalSteps,
        })) {
          if (event.kind === 'step') bytes.push(gpuBytes());
        }
        trainables.dispose();
        return bytes;
      };
      const ofLength = (length: number) => fullBatch(base.config, 8, length, length);
      const longest = await held([ofLength(Math.max(...lengths))]);
      const replays = vi.spyOn(Recording.prototype, 'replay');
      const varied = await held(lengths.map(ofLength));
      expect(replays.mock.calls.length).toBeGreaterThanOrEqual(1.5 * lengths.length);
      expect(Math.max(...varied)).toBeLessThan(1.5 * Math.max(...longest));
      const [second, last] = [varied.slice(10, 20), varied.slice(30)];
      expect(Math.max(...last)).toBeLessThanOrEqual(1.1 * Math.max(...second)); // nothing grows
    },
    timeoutMs,
  );

  interface Wanted {
    readonly config: RunConfig;
    readonly batches: () => BatchSource;
    readonly totalSteps: number;
    readonly replays?: boolean;
  }

  async function trained({ config, batches, ...rest }: Wanted, also: Partial<SftRun> = {}) {
    const trainables = openTrainables(base, config);
    const run: SftRun = { config, trainables, batches: batches(), validation: null, ...rest, ...also };
    const events = await all(run);
    const result = { ...numbersOf(events), values: await valuesOf(trainables) };
    trainables.dispose();
    return result;
  }
});

async function all(run: SftRun): Promise<SftEvent[]> {
  const events: SftEvent[] = [];
  for await (const event of sft(run)) events.push(event);
  return events;
}

function numbersOf(events: readonly SftEvent[]) {
  const steps = events.filter((event) => event.kind === 'step').map(({ metrics }) => metrics);
  return { losses: steps.map(({ loss }) => loss), norms: steps.map(({ gradNorm }) => gradNorm) };
}

async function valuesOf(trainables: Trainables): Promise<number[][]> {
  return [...(await readParameters(trainables)).values()].map(({ values }) => [...values]);
}
