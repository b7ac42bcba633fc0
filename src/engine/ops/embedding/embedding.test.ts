import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, test } from 'vitest';
import { evaluate, expectParity, floats, reductionStyles } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { setReductionStyle } from '../../runtime.ts';
import { embedding } from './embedding.ts';

const device = await openTestDevice();
const exact = { atol: 1e-6, rtol: 1e-6 };

function lookUp(ids: number[]) {
  return (table: tf.Tensor2D): tf.Tensor2D => embedding(table, tf.tensor1d(ids, 'int32'));
}

test('rows by id; the gradient adds over equal ids', async () => {
  const table = floats([4, 2], 1);
  const { value, gradients } = await evaluate('cpu', lookUp([3, 1, 3]), [table]);
  const rows = [3, 1, 3].flatMap((id) => Array.from(table.values.slice(id * 2, id * 2 + 2)));
  expect(value).toBeAllClose(rows, exact);
  const w = floats([3, 2], 7).values;
  const sums = [0, 0, w[2]!, w[3]!, 0, 0, w[0]! + w[4]!, w[1]! + w[5]!];
  expect(gradients[0]!).toBeAllClose(sums, exact);
});

describe.skipIf(device === null)('on WebGPU', () => {
  afterEach(() => setReductionStyle('invocation'));

  test.each([
    [10, 8, [3, 7, 3, 3, 9, 0, 7]],
    [5, 3, [4]],
    [1, 1, [0, 0]],
    [300, 132, Array.from({ length: 70 }, (_, i) => (i * 37) % 100)],
    [40, 12, Array.from({ length: 300 }, (_, i) => (i * i) % 39)],
  ])('kernel = reference for a table [%i,%i]', async (rows, width, ids) => {
    await expectParity(lookUp(ids), [floats([rows, width], 1)], exact);
    expect(device!.problem()).toBeUndefined();
  });

  test('all ways to sum the gradient add in the same order', async () => {
    const ids = Array.from({ length: 500 }, (_, i) => (i * i * 7) % 23);
    const sums = [];
    for (const style of reductionStyles) {
      setReductionStyle(style);
      sums.push((await evaluate('webgpu', lookUp(ids), [floats([23, 8], 1)])).gradients[0]);
    }
    expect(sums[1]).toEqual(sums[0]);
    expect(sums[2]).toEqual(sums[0]);
    expect(device!.problem()).toBeUndefined();
  });

  test('a frozen table gives the same rows', async () => {
    await tf.setBackend('webgpu');
    const table = tf.tensor2d(floats([6, 4], 1).values, [6, 4]);
    const [free, frozen] = tf.tidy(() => {
      const ids = tf.tensor1d([5, 0, 5], 'int32');
      return [embedding(table, ids), embedding(table, ids, { frozen: true })];
    });
    expect(await frozen.data()).toEqual(await free.data());
    tf.dispose([table, free, frozen]);
    expect(device!.problem()).toBeUndefined();
  });
});
