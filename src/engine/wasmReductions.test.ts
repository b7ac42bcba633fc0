import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { floats, toTensor, type Input } from '../test/parity.ts';
import { openDevice } from './device.ts';

await openDevice('wasm');

/** Sums over an axis of a [outer, length, inner] view, in double precision. */
function plainSums({ values }: Input, [outer, length, inner]: readonly [number, number, number]): number[] {
  return Array.from({ length: outer * inner }, (_, at) => {
    const start = Math.floor(at / inner) * length * inner + (at % inner);
    return Array.from({ length }, (__, i) => values[start + i * inner]!).reduce((a, b) => a + b, 0);
  });
}

test.each([
  [[5, 7, 3], [2], [35, 3, 1]],
  [[5, 7, 3], [1], [5, 7, 3]],
  [[5, 7, 3], [0], [1, 5, 21]],
  [
    [5, 7, 3],
    [1, 0],
    [1, 35, 3],
  ],
  [
    [5, 7, 3],
    [0, 1, 2],
    [1, 105, 1],
  ],
  [
    [5, 7, 3],
    [-2, -1],
    [5, 21, 1],
  ],
  [[1], [0], [1, 1, 1]],
  [[], [], [1, 1, 1]],
] as const)('sums and means of %j over %j', (shape, axes, view) => {
  const input = floats([...shape], 1);
  const sums = plainSums(input, view);
  for (const keepDims of [false, true]) {
    const x = toTensor(input);
    const [sum, mean] = [tf.sum(x, [...axes], keepDims), tf.mean(x, [...axes], keepDims)];
    expect(sum.dataSync()).toBeAllClose(sums, { atol: 1e-7, rtol: 1e-7 });
    expect(mean.dataSync()).toBeAllClose(
      sums.map((value) => value / view[1]),
      { atol: 1e-7, rtol: 1e-7 },
    );
    const isGone = (i: number): boolean => axes.some((axis) => (axis + shape.length) % shape.length === i);
    expect(sum.shape).toEqual(shape.flatMap((length, i) => (!isGone(i) ? [length] : keepDims ? [1] : [])));
    tf.dispose([x, sum, mean]);
  }
});

test('a million small squares are not lost beside their sum', () => {
  const x = tf.mul(tf.ones([1_000_003]), 0.1);
  const sum = tf.sum(tf.square(x));
  expect(sum.dataSync()[0]! / (1_000_003 * Math.fround(Math.fround(0.1) ** 2))).toBeCloseTo(1, 7);
});

test('axes apart from each other and whole numbers stay with tfjs', () => {
  expect(tf.sum(tf.ones([2, 3, 4]), [0, 2]).dataSync()).toEqual(Float32Array.of(8, 8, 8));
  expect(tf.sum(tf.ones([2, 3], 'int32')).dataSync()).toEqual(Int32Array.of(6));
  expect(tf.sum(tf.zeros([3, 0]), 1).dataSync()).toEqual(Float32Array.of(0, 0, 0));
});
