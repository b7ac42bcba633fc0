/** Training on a base that is kept in 16 or 8 bits: a tiny model whose numbers are halves, from its files to the losses. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BatchSource } from '../data/batchSource.ts';
import { mergeAdapter } from '../engine/adapters/mergeAdapter.ts';
import { storeOf } from '../engine/ops/packedMatrix/packedForm.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { disposeWeights, readWeight, weightBytes, type Weights } from '../engine/weights.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { writeSafetensors } from '../formats/safetensors.ts';
import { checkModel, type CheckedModel } from '../interop/huggingFace.ts';
import { uploadModel } from '../interop/uploadModel.ts';
import { floatToHalf, halfToFloats } from '../lib/halfFloats.ts';
import { goldenBatch, goldenFile, goldenTensors, goldenWeightArrays } from '../test/golden/goldenModel.ts';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import type { RunConfig } from './runConfig.ts';
import { sft } from './sft.ts';
import { openTrainables } from './trainables.ts';
import { weightsHash } from './proof/weightsHash.ts';

const device = await openTestDevice();

const lora: RunConfig = {
  ...DEFAULT_RUN_CONFIG,
  lora: { ...DEFAULT_RUN_CONFIG.lora, r: 4, dropout: 0.1, targets: ['q', 'v'] },
  learningRate: 1e-2,
  dropout: 0,
  saveSteps: 1000,
};

/** The golden model rounded to halves, as its files would be. */
async function halfModel(): Promise<CheckedModel> {
  const { arrays } = await goldenWeightArrays('gated');
  const rounded = [...arrays].map(([name, { shape, values }]) => {
    const halves = halfToFloats(Uint16Array.from(values, floatToHalf));
    return [name, { shape, values: halves }] as const;
  });
  const bytes = writeSafetensors(new Map(rounded));
  return checkModel([
    goldenFile('gated', 'config.json'),
    { name: 'model.safetensors', source: bytesSource(bytes) },
  ]);
}

async function losses(config: T5Config, weights: Weights, run: RunConfig, steps: number): Promise<number[]> {
  const batch = goldenBatch(await goldenTensors('gated'));
  const trainables = openTrainables({ config, weights }, run);
  const batches: BatchSource = {
    stepsPerEpoch: 1,
    nextStep: () => [batch],
    epochAfter: (step) => step,
    state: () => ({ seed: 0, epoch: 0, position: 0 }),
  };
  const found: number[] = [];
  for await (const event of sft({ config: run, trainables, batches, totalSteps: steps, validation: null })) {
    if (event.kind === 'step') found.push(event.metrics.loss);
  }
  trainables.dispose();
  return found;
}

describe.skipIf(device === null)('a base in 16 or 8 bits on WebGPU', () => {
  let model: CheckedModel;
  let exact: Weights;
  beforeAll(async () => {
    await tf.setBackend('webgpu');
    model = await halfModel();
    exact = await uploadModel(model, 'f32');
  });

  test('halves: every matrix packed without loss, about half the bytes, the same fingerprint', async () => {
    const before = tf.memory().numTensors;
    const packed = await uploadModel(model, 'auto');
    const stores = [...packed].map(([name, tensor]) => [name, storeOf(tensor)] as const);
    const isSmall = (name: string) => /norm|relative_attention_bias/.test(name);
    expect(stores.filter(([name, store]) => (store === 'f16') === isSmall(name))).toEqual([]);
    expect(weightBytes(packed) / weightBytes(exact)).toBeLessThan(0.55);
    expect(await weightsHash(packed)).toBe(await weightsHash(exact));
    disposeWeights(packed);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('10 LoRA steps: each loss that of the 32-bit base within 1e-5', async () => {
    const packed = await uploadModel(model, 'auto');
    const wanted = await losses(model.config, exact, lora, 10);
    const got = await losses(model.config, packed, lora, 10);
    expect(wanted).toHaveLength(10);
    expect(wanted[9]).toBeLessThan(0.9 * wanted[0]!);
    expect(got).toBeAllClose(wanted, { atol: 0, rtol: 1e-5 });
    disposeWeights(packed);
    expect(device!.problem()).toBeUndefined();
  });

  test('full training starts from the same numbers in 32 bits', async () => {
    const packed = await uploadModel(model, 'auto');
    const trainables = openTrainables({ config: model.config, weights: packed }, { ...lora, method: 'full' });
    for (const [name, tensor] of trainables.weights) {
      expect(tensor.dtype).toBe('float32');
      expect(await readWeight(tensor)).toEqual(await readWeight(exact.get(name)!));
    }
    trainables.dispose();
    disposeWeights(packed);
  });

  test('8 bits: another model, but near', async () => {
    const packed = await uploadModel(model, 'i8');
    expect(weightBytes(packed) / weightBytes(exact)).toBeLessThan(0.4);
    const [wanted] = await losses(model.config, exact, lora, 1);
    const [got] = await losses(model.config, packed, lora, 1);
    expect(got! / wanted!).toBeGreaterThan(0.95);
    expect(got! / wanted!).toBeLessThan(1.05);
    expect(got).not.toBe(wanted);
    disposeWeights(packed);
  });

  test('a merged model is the one that merging 32 bits gives', async () => {
    const packed = await uploadModel(model, 'auto');
    const trainables = openTrainables({ config: model.config, weights: packed }, lora);
    const adapter = trainables.adapter!;
    for (const { b } of [...adapter.modules.values()].filter((module) => module.kind === 'lora')) {
      tf.tidy(() => b.assign(tf.fill(b.shape, 0.25)));
    }
    const [merged, wanted] = [mergeAdapter(packed, adapter), mergeAdapter(exact, adapter)];
    expect(merged.mergedOnly.length).toBeGreaterThan(0);
    for (const [name, tensor] of merged.weights) {
      const values = await readWeight(wanted.weights.get(name)!);
      expect(await readWeight(tensor)).toBeAllClose(values, { atol: 0, rtol: 1e-6 });
    }
    for (const { weights, mergedOnly } of [merged, wanted]) {
      tf.dispose(mergedOnly.map((name) => weights.get(name)!));
    }
    trainables.dispose();
    disposeWeights(packed);
  });
});

test('on other devices weights stay in 32 bits', async () => {
  await tf.setBackend('cpu');
  const weights = await uploadModel(await halfModel(), 'i8');
  expect([...weights.values()].every((tensor) => storeOf(tensor) === 'f32')).toBe(true);
  disposeWeights(weights);
});
