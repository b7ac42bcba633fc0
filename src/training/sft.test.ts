/** Training against PyTorch's ten steps, and the promises of the loop: resume, accumulation, leaks, bad steps, stopping. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import type { Batch } from '../data/batch.ts';
import { makeBatchSource, onePass, type BatchSource } from '../data/batchSource.ts';
import type { TokenSet } from '../data/tokenSet.ts';
import { bytesSource } from '../formats/byteSource.ts';
import {
  FLAVOURS,
  goldenAdapterFiles,
  goldenBatch,
  goldenTensors,
  loadGoldenModel,
  rowsOf,
  type Flavour,
  type GoldenNumbers,
} from '../test/golden/goldenModel.ts';
import { goldenJson } from '../test/golden/goldenJson.ts';
import { describeOnDevices } from '../test/golden/onDevices.ts';
import { readPeftAdapter } from '../interop/peft.ts';
import { makePrng } from '../lib/prng.ts';
import { readCheckpointState, restoreCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import type { RunConfig } from './runConfig.ts';
import { sft, type SftEvent, type SftOutcome, type SftRun } from './sft.ts';
import { openTrainables, readParameters, writeParameters, type Trainables } from './trainables.ts';

/** The settings of make_golden.py's `ten_losses`. */
const golden: RunConfig = {
  ...DEFAULT_RUN_CONFIG,
  lora: {
    ...DEFAULT_RUN_CONFIG.lora,
    r: 2,
    alpha: 6,
    dropout: 0,
    targets: ['q', 'k', 'v', 'o', 'wi_0', 'wi_1', 'wo'],
  },
  learningRate: 1e-2,
  warmupSteps: 2,
  weightDecay: 0.1,
  dropout: 0,
  saveSteps: 1000,
};
const LORA_TARGETS: Record<Flavour, string[]> = { relu: ['q', 'v', 'wi'], gated: [...golden.lora.targets] };

/** Wider than for losses: a ReLU unit at its kink switches on one side only. */
const normTolerance = { atol: 0, rtol: 5e-3 };

describeOnDevices('sft', (start) => {
  beforeAll(start);

  test.each(FLAVOURS)('%s: ten AdamW steps of full training equal PyTorch’s', async (flavour) => {
    const base = await loadGoldenModel(flavour);
    const config: RunConfig = { ...golden, method: 'full' };
    const trainables = openTrainables(base, config);
    const steps = await train({ config, trainables, batches: constantBatches(await batchOf(flavour)) });
    const { full } = goldenJson(`${flavour}/golden.json`) as GoldenNumbers;
    expect(steps.losses).toBeAllClose(full.losses, { atol: 0, rtol: 1e-4 });
    expect(steps.norms).toBeAllClose(full.norms, normTolerance);
    trainables.dispose();
  });

  test.each(FLAVOURS)(
    '%s: ten AdamW steps of LoRA equal peft’s (relu: also in three micro-batches)',
    async (flavour) => {
      const base = await loadGoldenModel(flavour);
      const { lora } = goldenJson(`${flavour}/golden.json`) as GoldenNumbers;
      const config: RunConfig = { ...golden, lora: { ...golden.lora, targets: LORA_TARGETS[flavour] } };
      const batch = await batchOf(flavour);
      for (const stepBatches of flavour === 'relu' ? [[batch], rowsOf(batch)] : [[batch]]) {
        const trainables = openTrainables(base, config);
        await startFromPeft(trainables, flavour);
        const steps = await train({ config, trainables, batches: constantBatches(...stepBatches) });
        expect(steps.losses).toBeAllClose(lora.losses, { atol: 0, rtol: 1e-4 });
        expect(steps.norms).toBeAllClose(lora.norms, normTolerance);
        trainables.dispose();
      }
    },
  );

  test('a step leaves as many tensors as it found, and disposal frees all', async () => {
    const base = await loadGoldenModel('gated');
    const before = tf.memory().numTensors;
    const trainables = openTrainables(base, golden);
    const batches = constantBatches(...rowsOf(await batchOf('gated')));
    const run = sft({ config: golden, trainables, batches, totalSteps: 6, validation: null });
    await run.next(); // the first step may fill caches
    const after = tf.memory().numTensors;
    for (let step = 2; step <= 6; step++) {
      const { value } = await run.next();
      expect(value).toMatchObject({ kind: 'step', metrics: { step } });
      expect(tf.memory().numTensors).toBe(after);
    }
    while ((await run.next()).done !== true); // its last checkpoint
    trainables.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    { method: 'lora', optimizer: 'adamw' },
    { method: 'full', optimizer: 'adafactor', adafactor: { ...golden.adafactor, hasWarmupInit: false } },
  ] as const)(
    '$method, $optimizer: 4 + 4 steps over a checkpoint equal 8, with dropout and shuffling',
    async (kind) => {
      const base = await loadGoldenModel('gated');
      const config: RunConfig = {
        ...golden,
        ...kind,
        lora: { ...golden.lora, dropout: 0.1 },
        dropout: 0.1,
        batchSize: 2,
        gradientAccumulationSteps: 2,
      };
      const tokens = randomTokens(9);
      const options = {
        order: 'shuffled' as const,
        padId: 0,
        decoderStartTokenId: 0,
        padMultiple: 4,
        ...config,
      };
      const whole = openTrainables(base, config);
      const expected = await train(
        { config, trainables: whole, batches: makeBatchSource(tokens, options) },
        8,
      );

      const first = openTrainables(base, config);
      const batches = makeBatchSource(tokens, options);
      const run = sft({
        config: { ...config, saveSteps: 4 },
        trainables: first,
        batches,
        totalSteps: 8,
        validation: null,
      });
      let bytes: Uint8Array | null = null;
      while (bytes === null) {
        const event = (await run.next()).value as SftEvent;
        if (event.kind !== 'checkpoint') continue;
        bytes = await writeCheckpoint(first, { config, progress: event.progress, sampler: batches.state() });
      }
      const source = bytesSource(bytes);
      const state = await readCheckpointState(source, 'checkpoint');
      expect(state.config).toEqual({ ...config, lora: { ...config.lora } });
      const second = openTrainables(base, state.config);
      await restoreCheckpoint(source, 'checkpoint', second);
      const resumed = await train(
        {
          config: state.config,
          trainables: second,
          batches: makeBatchSource(tokens, { ...options, state: state.sampler }),
          resumeFrom: state.progress,
        },
        8,
      );
      expect(resumed.losses).toEqual(expected.losses.slice(4));
      expect(await readParameters(second)).toEqual(await readParameters(whole));
      expect(resumed.outcome.progress).toEqual(expected.outcome.progress);
      for (const trainables of [whole, first, second]) trainables.dispose();
    },
  );

  test('a step without a finite loss changes nothing and is counted; three in a row end the run', async () => {
    const base = await loadGoldenModel('gated');
    const weights = new Map(base.weights);
    const name = 'encoder.final_layer_norm.weight';
    const sound = weights.get(name)!;
    const broken = tf.fill(sound.shape, NaN);
    const trainables = openTrainables({ ...base, weights }, golden);
    const batch = await batchOf('gated');
    const brokenAt = (steps: readonly number[]): BatchSource => {
      let step = 0;
      return {
        ...constantBatches(batch),
        nextStep: () => {
          weights.set(name, steps.includes(++step) ? broken : sound);
          return [batch];
        },
      };
    };
    const run = sft({
      config: golden,
      trainables,
      batches: brokenAt([3]),
      totalSteps: 5,
      validation: null,
      stepsInFlight: 1, // or parameters would already be those of a later step
    });
    await run.next();
    await run.next();
    const before = await readParameters(trainables);
    expect((await run.next()).value).toEqual({
      kind: 'skipped',
      step: 3,
      skippedSteps: 1,
      firstNonFinite: name,
    });
    expect(await readParameters(trainables)).toEqual(before);
    expect((await run.next()).value).toMatchObject({ kind: 'step', metrics: { step: 4 } });
    expect(await readParameters(trainables)).not.toEqual(before);

    const failing = train({ config: golden, trainables, batches: brokenAt([2, 3, 4]) });
    await expect(failing).rejects.toThrow(/not a finite number in 3 steps in a row, the last at step 4/);
    trainables.dispose();

    const inFlight: number[][] = [];
    for (const stepsInFlight of [1, 2]) {
      const again = openTrainables({ ...base, weights }, golden);
      const steps = await train({
        config: golden,
        trainables: again,
        batches: brokenAt([2]),
        totalSteps: 4,
        stepsInFlight,
      });
      expect(steps.outcome.progress).toMatchObject({ step: 4, updates: 3, skippedSteps: 1 });
      inFlight.push([
        ...steps.losses,
        ...steps.norms,
        ...[...(await readParameters(again)).values()].flatMap(({ values }) => [...values]),
      ]);
      again.dispose();
    }
    expect(inFlight[1]).toEqual(inFlight[0]);
  });

  test('evaluates each epoch, marks the best, stops on signal, fails on a device problem', async () => {
    const base = await loadGoldenModel('gated');
    const tokens = randomTokens(6);
    const config: RunConfig = { ...golden, batchSize: 2, saveSteps: 2 };
    const options = {
      order: 'bucketed' as const,
      padId: 0,
      decoderStartTokenId: 0,
      padMultiple: 4,
      ...config,
    };
    const open = (): SftRun => ({
      config,
      trainables: openTrainables(base, config),
      batches: makeBatchSource(tokens, options),
      totalSteps: 7,
      validation: () => onePass(tokens, options),
    });
    const events = await collect(open());
    const kinds = events.events.map((event) =>
      event.kind === 'step' ? event.metrics.step : event.kind === 'checkpoint' ? 'saved' : event.kind,
    );
    const evaluated = ['evaluating', 'evaluation'];
    expect(kinds).toEqual([
      1,
      2,
      'saved',
      3,
      ...evaluated,
      4,
      'saved',
      5,
      6,
      ...evaluated,
      'saved',
      7,
      ...evaluated,
      'saved',
    ]);
    const evaluations = events.events.filter((event) => event.kind === 'evaluation');
    expect(evaluations.map(({ metrics }) => metrics.epoch)).toBeAllClose([1, 2, 7 / 3], {
      atol: 1e-9,
      rtol: 0,
    });
    expect(evaluations.map(({ isBest }) => isBest)).toEqual(
      evaluations.map(({ metrics }, i) =>
        evaluations.slice(0, i).every((e) => e.metrics.loss > metrics.loss),
      ),
    );
    expect(evaluations[2]!.metrics.loss).toBeLessThan(evaluations[0]!.metrics.loss);
    expect(events.outcome.status).toBe('done');

    const stop = new AbortController();
    const stopped = await collect(
      { ...open(), signal: stop.signal, stepsInFlight: 1 },
      ({ kind }) => kind === 'step' && stop.abort(),
    );
    expect(stopped.outcome).toMatchObject({ status: 'stopped', progress: { step: 1 } });
    expect(stopped.events.map(({ kind }) => kind)).toEqual(['step', 'checkpoint']);

    const problem = { code: 'gpu-error', message: 'Out of memory.', fix: 'Use a smaller batch.' };
    await expect(collect({ ...open(), problem: () => problem })).rejects.toMatchObject({
      problem: { ...problem, message: 'Step 1: Out of memory. There is no checkpoint yet.' },
    });
  });
});

test('target modules that the model lacks are named', async () => {
  await tf.setBackend('cpu');
  const base = await loadGoldenModel('relu');
  const config: RunConfig = { ...golden, lora: { ...golden.lora, targets: ['wi_0', 'wi_1'] } };
  expect(() => openTrainables(base, config)).toThrow(/wi_0, wi_1.*q, k, v, o, wi, wo/);
});

type Partly = Pick<SftRun, 'config' | 'trainables' | 'batches'> & Partial<SftRun>;

async function train(run: Partly, totalSteps = 10) {
  const { events, outcome } = await collect({ totalSteps, validation: null, ...run });
  const metrics = events.filter((event) => event.kind === 'step').map((event) => event.metrics);
  return { outcome, losses: metrics.map(({ loss }) => loss), norms: metrics.map(({ gradNorm }) => gradNorm) };
}

async function collect(
  run: SftRun,
  onEvent?: (event: SftEvent) => unknown,
): Promise<{ events: SftEvent[]; outcome: SftOutcome }> {
  const events: SftEvent[] = [];
  const running = sft(run);
  for (;;) {
    const next = await running.next();
    if (next.done === true) return { events, outcome: next.value };
    events.push(next.value);
    onEvent?.(next.value);
  }
}

async function batchOf(flavour: Flavour): Promise<Batch> {
  return goldenBatch(await goldenTensors(flavour));
}

async function startFromPeft(trainables: Trainables, flavour: Flavour): Promise<void> {
  const { snapshot } = await readPeftAdapter(goldenAdapterFiles(`${flavour}/adapter`), trainables.model);
  writeParameters(trainables, snapshot.tensors);
}

function constantBatches(...batches: Batch[]): BatchSource {
  return {
    stepsPerEpoch: 1,
    nextStep: () => batches,
    epochAfter: (step) => step,
    state: () => ({ seed: 0, epoch: 0, position: 0 }),
  };
}

function randomTokens(exampleCount: number): TokenSet {
  const prng = makePrng(3);
  const sequences = (longest: number) => {
    const rows = Array.from({ length: exampleCount }, () => {
      const length = 2 + prng.below(longest - 1);
      return Int32Array.from({ length }, (_, i) => (i === length - 1 ? 1 : 3 + prng.below(50)));
    });
    const offsets = new Uint32Array(exampleCount + 1);
    for (const [i, row] of rows.entries()) offsets[i + 1] = offsets[i]! + row.length;
    return { ids: Int32Array.from(rows.flatMap((row) => [...row])), offsets };
  };
  const input = sequences(10);
  const label = sequences(6);
  return {
    exampleCount,
    inputIds: input.ids,
    inputOffsets: input.offsets,
    labelIds: label.ids,
    labelOffsets: label.offsets,
  };
}
