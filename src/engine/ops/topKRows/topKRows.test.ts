import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { floats, reductionStyles, toTensor, type Input } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { rankTop } from '../../decoding/ranking.ts';
import { readFresh, readFreshInts, setReductionStyle } from '../../runtime.ts';
import { topKRows } from './topKRows.ts';

const device = await openTestDevice();
const lowest = -3.4028234663852886e38;
const tied: Input = { shape: [2, 6], values: Float32Array.of(1, 5, 5, -7, 5, 1, 0, 0, 0, lowest, lowest, 0) };
const cases: [Input, number, number][] = [
  [tied, 6, 1],
  [floats([1, 1], 1), 1, 1],
  [floats([5, 33], 2, 4), 8, 0.7],
  [floats([70, 301], 3, 9), 16, 1.5],
  [floats([3, 4099], 4, 5), 64, 1],
  [floats([2, 64], 5, 90), 64, 0.2],
];

describe.skipIf(device === null)('on WebGPU', () => {
  test.each(reductionStyles)('the ranking of the plain version, one %s per row', async (style) => {
    await tf.setBackend('webgpu');
    setReductionStyle(style);
    const before = tf.memory().numTensors;
    for (const [input, count, temperature] of cases) {
      const [rows, columns] = input.shape as [number, number];
      const scores = toTensor<tf.Rank.R2>(input);
      const top = topKRows(scores, count, temperature);
      const ids = await readFreshInts(top.ids);
      const best = await readFresh(top.scores);
      const sums = await readFresh(top.logSumExp);
      tf.dispose([scores, { ...top }]);
      for (let row = 0; row < rows; row++) {
        const values = (input.values as Float32Array).subarray(row * columns, (row + 1) * columns);
        const wanted = rankTop(values, count, temperature);
        const place = row * count;
        expect(Array.from(ids.subarray(place, place + count))).toEqual(Array.from(wanted.ids));
        expect(Array.from(best.subarray(place, place + count))).toEqual(Array.from(wanted.scores));
        expect([sums[row]!]).toBeAllClose([wanted.logSumExp], { atol: 2e-6, rtol: 1e-6 });
      }
    }
    expect(() => tf.tidy(() => topKRows(tf.zeros([1, 4]), 5, 1).ids)).toThrow('no 5 best of 4');
    expect(tf.memory().numTensors).toBe(before);
    expect(device!.problem()).toBeUndefined();
  });
});
