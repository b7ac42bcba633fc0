import * as tf from '@tensorflow/tfjs';
import { afterAll, expect, test, vi } from 'vitest';
import { purgePool } from '../engine/memory.ts';
import { markPacked } from '../engine/ops/packedMatrix/packedForm.ts';
import { sumGradients } from '../engine/optim/gradients.ts';
import { openUpdater } from '../engine/optim/updater.ts';
import { allocate, bufferPool, submitRecorded } from '../engine/runtime.ts';
import { uploadBatch } from '../engine/t5/batchTensors.ts';
import type { T5Config } from '../engine/t5/config.ts';
import {
  chooseMemoryPlan,
  largestTensorBytes,
  planMemory,
  type BatchShape,
} from '../engine/t5/memoryPlan.ts';
import { tensorSpecs } from '../engine/t5/spec.ts';
import { loss } from '../engine/t5/t5.ts';
import type { Weights } from '../engine/weights.ts';
import { FLAN_T5_BASE, goldenConfig, T5_SMALL } from '../test/golden/goldenConfig.ts';
import { openNullDevice } from '../test/nullDevice.ts';
import { memoryRequest } from './memoryRequest.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import type { RunConfig } from './runConfig.ts';
import { openTrainables } from './trainables.ts';

const starter = goldenConfig({
  dModel: 256,
  dFf: 832,
  numHeads: 4,
  numLayers: 6,
  numDecoderLayers: 4,
  vocabSize: 8192,
  tieWordEmbeddings: true,
});
const tiny = goldenConfig({ ...starter, dModel: 128, dKv: 32, dFf: 256, vocabSize: 512 });
const runOf = (method: 'lora' | 'full', optimizer: RunConfig['optimizer'] = 'adamw'): RunConfig => ({
  ...DEFAULT_RUN_CONFIG,
  method,
  optimizer,
  lora: { ...DEFAULT_RUN_CONFIG.lora, r: 32 },
});

interface Case {
  name: string;
  config: T5Config;
  method: 'lora' | 'full';
  optimizer?: RunConfig['optimizer'];
  batch: BatchShape;
  recomputes: boolean;
  /** Bytes of a number in frozen matrices. */
  frozenBytes: 2 | 4;
  /** The most it may take; Infinity where there is no target. */
  target: number;
}

const shape = (size: number, inputLength: number, labelLength: number): BatchShape => ({
  size,
  inputLength,
  labelLength,
});
const keeps = { recomputes: false, frozenBytes: 4, target: Infinity } as const;
const recomputes = { recomputes: true, frozenBytes: 4, target: Infinity } as const;
const cases: Case[] = [
  { name: 'tiny', config: tiny, method: 'lora', batch: shape(16, 256, 32), ...keeps },
  { name: 'tiny', config: tiny, method: 'full', batch: shape(16, 128, 32), ...keeps },
  { name: 'starter', config: starter, method: 'lora', batch: shape(4, 128, 32), ...keeps },
  { name: 'starter', config: starter, method: 'lora', batch: shape(4, 64, 96), ...recomputes },
  { name: 'starter', config: starter, method: 'full', batch: shape(8, 256, 64), ...keeps },
  { name: 'starter', config: starter, method: 'full', batch: shape(8, 256, 64), ...recomputes },
  {
    name: 'starter',
    config: starter,
    method: 'full',
    batch: shape(8, 256, 64),
    ...recomputes,
    frozenBytes: 2,
    target: 400e6,
  },
  {
    name: 'starter',
    config: starter,
    method: 'full',
    batch: shape(4, 64, 32),
    ...keeps,
    frozenBytes: 2,
    target: 400e6,
  },
  {
    name: 'starter',
    config: starter,
    method: 'full',
    optimizer: 'adafactor',
    batch: shape(4, 64, 32),
    ...keeps,
  },
];
const half = { recomputes: true, frozenBytes: 2, target: Infinity } as const;
const base = { name: 'flan-t5-base', config: FLAN_T5_BASE, method: 'lora' } as const;
/** Slow to count, and beyond what the null adapter holds, which then complains on the console: by switch only. */
const large: Case[] = [
  { name: 't5-small', config: T5_SMALL, method: 'full', batch: shape(1, 32, 16), ...half, recomputes: false },
  { name: 't5-small', config: T5_SMALL, method: 'full', batch: shape(8, 256, 64), ...half },
  { ...base, method: 'full', batch: shape(4, 256, 64), ...half },
  { ...base, batch: shape(4, 256, 64), ...half, target: 1.3e9 },
  { ...base, batch: shape(8, 512, 128), ...half, target: 2.5e9 },
  { ...base, batch: shape(8, 512, 128), ...recomputes },
  { ...base, batch: shape(4, 256, 64), ...half, recomputes: false },
];

const device = await openNullDevice();
afterAll(() => device.close());

test.each(process.env['GRAFT_MEASURE_MEMORY'] === undefined ? cases : [...cases, ...large])(
  '$name, $method, $batch, recomputed $recomputes: the plan is within a fifth of the pool at its highest',
  (one) => {
    const { config, method, optimizer, batch, recomputes: recomputesLayers, frozenBytes, target } = one;
    const dispatch = vi.spyOn(GPUComputePassEncoder.prototype, 'dispatchWorkgroups');
    const measured = measure(one);
    const dispatches = dispatch.mock.calls.length;
    dispatch.mockRestore();
    const request = memoryRequest(config, runOf(method, optimizer), batch, frozenBytes);
    const plan = planMemory(request, recomputesLayers);
    const planned = plan.totalBytes - plan.recordedBytes; // nothing is recorded in a first step
    const megabytes = (bytes: number) => Math.round(bytes / 1e6);
    if (process.env['GRAFT_MEASURE_MEMORY'] !== undefined) {
      console.log(
        `${one.name} ${method} ${batch.size}x${batch.inputLength}/${batch.labelLength}, ${frozenBytes * 8} bits, ` +
          `${recomputesLayers ? 'recomputed' : 'kept'}: ${megabytes(measured)} MB, planned ${megabytes(planned)} MB; ${dispatches} dispatches`,
      );
    }
    expect(planned / measured).toBeGreaterThan(0.8);
    expect(planned / measured).toBeLessThan(1.2);
    expect(measured).toBeLessThanOrEqual(target);
  },
);

test('little memory is not saved by computing twice, much is', () => {
  const lora = runOf('lora');
  expect(chooseMemoryPlan(memoryRequest(starter, lora, shape(8, 128, 32), 4)).recomputesLayers).toBe(false);
  expect(chooseMemoryPlan(memoryRequest(starter, lora, shape(8, 512, 128), 4)).recomputesLayers).toBe(true);
  expect(chooseMemoryPlan(memoryRequest(FLAN_T5_BASE, lora, shape(1, 16, 8), 2)).recomputesLayers).toBe(
    false,
  );
  expect(chooseMemoryPlan(memoryRequest(FLAN_T5_BASE, lora, shape(4, 256, 64), 2)).recomputesLayers).toBe(
    true,
  );
});

test('the largest tensor is the embedding, unless the batch is very large', () => {
  const request = memoryRequest(FLAN_T5_BASE, runOf('lora'), shape(8, 512, 128), 2);
  expect(largestTensorBytes(request)).toBe(2 * 32128 * 768);
  expect(largestTensorBytes({ ...request, trainsAll: true })).toBe(4 * 32128 * 768);
  expect(largestTensorBytes({ ...request, batch: shape(64, 512, 128) })).toBe(4 * 64 * 512 * 2048);
});

/** Bytes the pool held at the most in one training step, weights included. */
function measure({
  config,
  method,
  optimizer,
  batch,
  recomputes: recomputesBlocks,
  frozenBytes,
}: Case): number {
  const pool = bufferPool();
  const weights = emptyWeights(config, frozenBytes === 2);
  const run = runOf(method, optimizer);
  const trainables = openTrainables({ config, weights }, run);
  const updater = openUpdater(trainables.states, 0);
  purgePool();
  let highest = 0;
  const acquire = pool.acquireBuffer.bind(pool);
  pool.acquireBuffer = (...request) => {
    const buffer = acquire(...request);
    highest = Math.max(highest, pool.numBytesAllocated);
    return buffer;
  };
  const variables = new Map([...trainables.states].map(([name, { parameter }]) => [name, parameter]));
  const { adapter } = trainables;
  const pass = {
    config,
    weights: trainables.weights,
    adapter: adapter === null ? null : { adapter, strength: 1, dropoutRate: run.lora.dropout },
    dropoutRate: run.dropout,
    seed: 1,
    recomputesBlocks,
  };
  const gradients = sumGradients(variables, () => loss(pass, uploadBatch(emptyBatch(batch)), 1), 1);
  updater.step(gradients, { ...run, updateNumber: 1 }).catch(() => {}); // nothing was computed
  pool.acquireBuffer = acquire;
  updater.dispose();
  trainables.dispose();
  tf.dispose([...weights.values()]);
  submitRecorded();
  purgePool();
  return highest;
}

function emptyWeights(config: T5Config, isHalf: boolean): Weights {
  const weights = new Map<string, tf.Tensor>();
  for (const { name, shape: dimensions } of tensorSpecs(config)) {
    const [rows, columns] = dimensions;
    const isPacked = isHalf && columns !== undefined && !name.includes('relative_attention_bias');
    if (isPacked) {
      const matrix = tf.keep(allocate<tf.Rank.R2>([rows!, columns / 2], 'int32'));
      markPacked(matrix, { store: 'f16', rows: rows!, columns });
      weights.set(name, matrix);
    } else {
      weights.set(name, tf.keep(allocate(dimensions as [number])));
    }
  }
  return weights;
}

function emptyBatch({ size, inputLength, labelLength }: BatchShape) {
  return {
    size,
    inputLength,
    labelLength,
    inputIds: new Int32Array(size * inputLength),
    inputMask: new Int32Array(size * inputLength).fill(1),
    decoderInputIds: new Int32Array(size * labelLength),
    labels: new Int32Array(size * labelLength),
    inputTokenCount: size * inputLength,
    labelTokenCount: size * labelLength,
  };
}
