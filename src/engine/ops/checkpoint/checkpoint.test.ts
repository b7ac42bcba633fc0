import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { evaluate, floats, toTensor } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { dropout } from '../dropout/dropout.ts';
import { linear } from '../linear/linear.ts';
import { rmsNorm } from '../rmsNorm/rmsNorm.ts';
import { checkpoint } from './checkpoint.ts';

const device = await openTestDevice();
const backends = device === null ? (['cpu'] as const) : (['cpu', 'webgpu'] as const);

/** Two layers with dropout; their weights are variables, the norm is frozen. */
function makeLayers() {
  const variable = (seed: number): tf.Variable<tf.Rank.R2> =>
    tf.tidy(() => tf.variable(toTensor<tf.Rank.R2>(floats([8, 8], seed))));
  const weights = [variable(2), variable(3)];
  const unused = variable(4);
  const norm = toTensor<tf.Rank.R1>(floats([8], 5));
  const layer = (x: tf.Tensor2D, index: number): tf.Tensor2D => {
    const normed = rmsNorm(x, norm, 1e-6, { frozen: true });
    return tf.add(x, dropout(linear(normed, weights[index]!), 0.3, index));
  };
  return { weights, unused, layer, dispose: () => tf.dispose([...weights, unused, norm]) };
}

describe.each(backends)('on %s', (backend) => {
  test('values and gradients are the same as without, and nothing is left', async () => {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const { weights, layer, dispose } = makeLayers();
    const x = floats([5, 8], 1);
    const plain = await evaluate(backend, (a: tf.Tensor2D) => layer(layer(a, 0), 1), [x]);
    const pieces = (a: tf.Tensor2D): tf.Tensor2D =>
      weights.reduce<tf.Tensor2D>(
        (y, weight, i) => checkpoint([y] as const, [weight], (held) => layer(held, i)),
        a,
      );
    const again = await evaluate(backend, pieces, [x]);
    expect(again.value).toEqual(plain.value);
    expect(again.gradients).toEqual(plain.gradients);
    dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('variables get their gradients, unused ones zeros', async () => {
    await tf.setBackend(backend);
    const { weights, unused, layer, dispose } = makeLayers();
    const gradientsOf = async (withCheckpoint: boolean): Promise<number[][]> => {
      const { value, grads } = tf.tidy(() => {
        const x = toTensor<tf.Rank.R2>(floats([5, 8], 1));
        return tf.variableGrads(() => {
          const y = withCheckpoint
            ? checkpoint([x] as const, [...weights, unused], (held) => layer(layer(held, 0), 1))
            : layer(layer(x, 0), 1);
          return tf.sum(tf.square(y));
        }, weights);
      });
      const values = await Promise.all(weights.map((weight) => grads[weight.name]!.data()));
      tf.dispose([value, grads]);
      return values.map((gradient) => Array.from(gradient));
    };
    expect(await gradientsOf(true)).toEqual(await gradientsOf(false));
    dispose();
  });

  test('fewer tensors wait for the backward pass', async () => {
    await tf.setBackend(backend);
    const { weights, layer, dispose } = makeLayers();
    const waiting = (run: (x: tf.Tensor2D, index: number) => tf.Tensor2D): number =>
      tf.tidy(() => {
        const x = toTensor<tf.Rank.R2>(floats([5, 8], 1));
        let count = 0;
        tf.grad((a) => {
          const sum = tf.sum(run(run(a as tf.Tensor2D, 0), 1));
          count = tf.memory().numTensors;
          return sum;
        })(x);
        return count;
      });
    const plain = waiting(layer);
    const checkpointed = waiting((x, i) => checkpoint([x] as const, [weights[i]!], (held) => layer(held, i)));
    expect(checkpointed).toBeLessThan(plain);
    dispose();
  });
});
