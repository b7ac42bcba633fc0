import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { floats, reductionStyles, toTensor, type Input } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { readFreshInts, setReductionStyle } from '../../runtime.ts';
import { argmaxRows } from './argmaxRows.ts';

const device = await openTestDevice();
const tied: Input = { shape: [2, 3], values: Float32Array.of(1, 5, 5, -7, -7, -8) };
const cases = [tied, floats([1, 1], 1), floats([5, 32], 2), floats([70, 301], 3), floats([3, 4099], 4)];

function plainArgmax({ shape, values }: Input): number[] {
  const [rows, columns] = shape as [number, number];
  return Array.from({ length: rows }, (_, row) => {
    const scores = Array.from(values.subarray(row * columns, (row + 1) * columns));
    return scores.indexOf(Math.max(...scores));
  });
}

async function found(input: Input): Promise<number[]> {
  const indices = tf.tidy(() => argmaxRows(toTensor(input)));
  const values = Array.from(await readFreshInts(indices));
  indices.dispose();
  return values;
}

test('the lowest index of the largest element', async () => {
  await tf.setBackend('cpu');
  for (const input of cases) expect(await found(input)).toEqual(plainArgmax(input));
});

describe.skipIf(device === null)('on WebGPU', () => {
  test.each(reductionStyles)('the same with one %s per row', async (style) => {
    await tf.setBackend('webgpu');
    setReductionStyle(style);
    for (const input of cases) expect(await found(input)).toEqual(plainArgmax(input));
    expect(device!.problem()).toBeUndefined();
  });
});
