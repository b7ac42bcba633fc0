import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { floats, reductionStyles, toTensor, type Input } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { logSoftmax } from '../../decoding/ranking.ts';
import { readFresh, setReductionStyle } from '../../runtime.ts';
import { logSoftmaxRows } from './logSoftmaxRows.ts';

const device = await openTestDevice();
const cases = [floats([1, 1], 1), floats([5, 33], 2, 4), floats([70, 301], 3, 50), floats([3, 4099], 4, 8)];

async function found(input: Input): Promise<Float32Array> {
  const y = tf.tidy(() => logSoftmaxRows(toTensor(input)));
  const values = await readFresh(y);
  y.dispose();
  return values;
}

/** Row by row in float64. */
function wanted({ shape, values }: Input): Float32Array {
  const all = Float32Array.from(values);
  for (let start = 0; start < all.length; start += shape[1]!)
    logSoftmax(all.subarray(start, start + shape[1]!));
  return all;
}

test('rows of log-probabilities', async () => {
  await tf.setBackend('cpu');
  for (const input of cases)
    expect(await found(input)).toBeAllClose(wanted(input), { atol: 2e-6, rtol: 1e-6 });
});

describe.skipIf(device === null)('on WebGPU', () => {
  test.each(reductionStyles)('the same with one %s per row', async (style) => {
    await tf.setBackend('webgpu');
    setReductionStyle(style);
    for (const input of cases)
      expect(await found(input)).toBeAllClose(wanted(input), { atol: 2e-6, rtol: 1e-6 });
    expect(device!.problem()).toBeUndefined();
  });
});
