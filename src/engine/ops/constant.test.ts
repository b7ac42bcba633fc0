import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { floats, type Input } from '../../test/parity.ts';
import { recompute } from '../recompute.ts';
import { asConstant, isConstant } from './constant.ts';
import { dropout } from './dropout/dropout.ts';
import { embedding } from './embedding/embedding.ts';
import { linear } from './linear/linear.ts';
import { loraLinear } from './linear/loraLinear.ts';
import { rmsNorm } from './rmsNorm/rmsNorm.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const matrix = ({ values, shape }: Input) => tf.tensor2d(values, shape as [number, number]);
const low = { factor: 2, dropoutRate: 0, seed: 0 };

/** A layer of attention in small: two adapted projections of one normalised input, added to it. */
function layer(x: tf.Tensor2D, a: tf.Tensor2D, b: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  const normed = rmsNorm(x, tf.ones([8]), 1e-6, { frozen: true });
  const query = loraLinear(normed, weight, { a, b, ...low });
  return linear(tf.tanh(query), weight, { frozen: true, residual: x });
}

async function gradientsAndProducts(x: tf.Tensor2D, recomputed: boolean) {
  const [a, b] = [tf.variable(matrix(floats([2, 8], 2))), tf.variable(matrix(floats([8, 2], 3)))];
  const weight = matrix(floats([8, 8], 4));
  const run = (input: tf.Tensor2D) => layer(input, a, b, weight);
  const f = () => tf.sum(recomputed ? recompute({ x }, [], [a, b], (part) => run(part.x)) : run(x));
  let gradients: tf.NamedTensorMap = {};
  const { kernels } = await tf.profile(() => {
    gradients = tf.variableGrads(f as () => tf.Scalar, [a, b]).grads;
    return Object.values(gradients)[0]!;
  });
  const products = kernels.filter(({ name }) => /matmul/i.test(name)).length;
  return { values: Object.values(gradients).map((g) => [...g.dataSync()]), products };
}

test.each([false, true])(
  'adapters of a constant get the same gradients with fewer products, recomputed: %s',
  async (recomputed) => {
    const known = await gradientsAndProducts(asConstant(matrix(floats([5, 8], 1))), recomputed);
    const unknown = await gradientsAndProducts(matrix(floats([5, 8], 1)), recomputed);
    expect(known.values).toEqual(unknown.values);
    expect(known.products).toBeLessThan(unknown.products);
  },
);

test('embeddings under a frozen table are constant, and what frozen layers make of them', () => {
  const ids = tf.tensor1d([1, 0, 2], 'int32');
  const table = matrix(floats([3, 8], 1));
  const rows = embedding(table, ids, { frozen: true });
  expect(isConstant(rows)).toBe(true);
  expect(isConstant(dropout(rows, 0.5, 7))).toBe(true);
  expect(isConstant(rmsNorm(rows, tf.ones([8]), 1e-6, { frozen: true }))).toBe(true);

  expect(isConstant(rmsNorm(rows, tf.ones([8]), 1e-6))).toBe(false);
  expect(isConstant(embedding(table, ids))).toBe(false);
  expect(isConstant(linear(rows, table, { frozen: true }))).toBe(false);
});
