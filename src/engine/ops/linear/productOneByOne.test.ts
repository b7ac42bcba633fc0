import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { productOneByOne } from './linear.ref.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('a batch of products, one by one', () => {
  it.each([
    [[1, 1, 1, 1], 1],
    [[2, 3, 5, 7], 4],
    [[3, 8, 16], 5],
  ])('equals tfjs for %j', async (shape, n) => {
    const a = tf.randomUniform(shape, -1, 1, 'float32', 3);
    const b = tf.randomUniform([...shape.slice(0, -2), shape.at(-1)!, n], -1, 1, 'float32', 4);
    const ours = productOneByOne(a, b);
    const theirs = tf.matMul(a, b);
    expect(ours.shape).toEqual(theirs.shape);
    expect(await ours.data()).toBeAllClose(await theirs.data(), { atol: 1e-6, rtol: 1e-6 });
  });

  it('leaves only its result behind', () => {
    const a = tf.ones([2, 2, 3, 3]);
    const before = tf.memory().numTensors;
    productOneByOne(a, a);
    expect(tf.memory().numTensors).toBe(before + 1);
  });
});
