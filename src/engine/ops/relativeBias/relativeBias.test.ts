import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { evaluate, expectParity, floats } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { relativeBias } from './relativeBias.ts';

const device = await openTestDevice();
const tolerance = { atol: 2e-6, rtol: 1e-5 };

function biasOf(queryLength: number, keyLength: number, bucketCount: number) {
  const ids = Int32Array.from({ length: queryLength * keyLength }, (_, i) => (i * 7) % bucketCount);
  return (table: tf.Tensor2D): tf.Tensor4D =>
    relativeBias(table, tf.tensor1d(ids, 'int32'), queryLength, keyLength);
}

test('entry (h, q, s) is the table at (bucket of (q, s), h)', async () => {
  const table = floats([3, 2], 1);
  const { value } = await evaluate('cpu', biasOf(2, 2, 3), [table]);
  const buckets = [0, 1, 2, 0]; // 7i mod 3
  const wanted = [0, 1].flatMap((head) => buckets.map((bucket) => table.values[bucket * 2 + head]!));
  expect(value).toBeAllClose(wanted, { atol: 0, rtol: 0 });
});

describe.skipIf(device === null)('on WebGPU', () => {
  test.each([
    [8, 8, 4, 3],
    [5, 7, 3, 1],
    [1, 1, 1, 2],
    [33, 20, 32, 4],
  ])('kernel = reference for Q %i, S %i, %i buckets, %i heads', async (q, s, buckets, heads) => {
    await expectParity(biasOf(q, s, buckets), [floats([buckets, heads], 1)], tolerance);
    expect(device!.problem()).toBeUndefined();
  });
});
