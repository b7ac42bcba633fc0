import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { uploadBatch } from '../engine/t5/batchTensors.ts';
import { inferencePass, type ForwardPass } from '../engine/t5/forwardPass.ts';
import { loss } from '../engine/t5/t5.ts';
import { goldenBatch, goldenTensors, loadGoldenModel } from '../test/golden/goldenModel.ts';
import { describeOnDevices } from '../test/golden/onDevices.ts';
import { firstNonFinite } from './firstNonFinite.ts';

describeOnDevices('firstNonFinite', (start) => {
  beforeAll(start);

  /** The name found when the weight has its first element, or all of them, replaced. */
  async function found(name: string, value: number, all = false): Promise<string | undefined> {
    const base = await loadGoldenModel('gated');
    const weights = new Map(base.weights);
    const sound = weights.get(name)!;
    const values = (await sound.data()).slice();
    values.fill(value, 0, all ? values.length : 1);
    const broken = tf.tensor(values, sound.shape, 'float32');
    weights.set(name, broken);
    const batch = goldenBatch(await goldenTensors('gated'));
    const before = tf.memory().numTensors;
    const lossOf = (_: number, watch?: ForwardPass['watch']) => {
      const pass = inferencePass(base.config, weights);
      return loss(watch === undefined ? pass : { ...pass, watch }, uploadBatch(batch), 1);
    };
    const first = await firstNonFinite(weights, new Map(), lossOf, 1);
    expect(tf.memory().numTensors).toBe(before);
    broken.dispose();
    return first;
  }

  test('an infinity in one element of a weight is told by its name', async () => {
    const name = 'decoder.block.1.layer.1.EncDecAttention.k.weight';
    expect(await found(name, Infinity)).toBe(name);
  });

  test('with finite weights it is the first layer whose output overflows', async () => {
    const layer = 'encoder.block.1.layer.1.DenseReluDense.wi_1';
    expect(await found(`${layer}.weight`, 3e38, true)).toBe(layer);
  });

  test('with a finite loss it is the gradient, and nothing where all is finite', async () => {
    const variables = new Map(['sound', 'steep'].map((name) => [name, tf.variable(tf.zeros([3]))]));
    const { sound, steep } = Object.fromEntries(variables) as { sound: tf.Variable; steep: tf.Variable };
    const before = tf.memory().numTensors;
    const rootOf = (x: tf.Variable) => (): tf.Scalar =>
      tf.add(tf.sum(tf.sqrt(x)), tf.sum(tf.add(sound, steep)));
    expect(await firstNonFinite(new Map(), variables, rootOf(steep), 1)).toBe('gradient of steep');
    const sum = (): tf.Scalar => tf.sum(tf.add(sound, steep));
    expect(await firstNonFinite(new Map(), variables, sum, 1)).toBeUndefined();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([sound, steep]);
  });
});
