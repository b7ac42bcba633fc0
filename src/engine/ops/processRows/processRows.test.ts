import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { floats, reductionStyles, toTensor } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { decodingOptions, type DecodingOptions } from '../../decoding/decodingOptions.ts';
import { processScores } from '../../decoding/logitsProcessors.ts';
import { readFresh, setReductionStyle } from '../../runtime.ts';
import { BANNED, processRows } from './processRows.ts';
import { makeTokenHistory } from './tokenHistory.ts';

const device = await openTestDevice();
const columns = 37;
/** Few different tokens, so that n-grams repeat. */
const histories = Array.from({ length: 5 }, (_, row) =>
  Array.from({ length: 150 }, (__, t) => (t === 0 ? 0 : 2 + ((t * t + row * t) % (3 + row)))),
);
const cases: Partial<DecodingOptions>[] = [
  { repetitionPenalty: 1.3 },
  { repetitionPenalty: 0.6 },
  { noRepeatNgramSize: 1 },
  { noRepeatNgramSize: 2 },
  { noRepeatNgramSize: 4 },
  { minNewTokens: 30 },
  { repetitionPenalty: 2, noRepeatNgramSize: 3, minLength: 200 },
];

describe.skipIf(device === null)('on WebGPU', () => {
  test.each(reductionStyles)('the scores of the plain version, one %s per row', async (style) => {
    await tf.setBackend('webgpu');
    setReductionStyle(style);
    const before = tf.memory().numTensors;
    const { values } = floats([histories.length, columns], 3, 5);
    const kept = makeTokenHistory(histories.length, 160);
    for (let length = 1; length <= 150; length++) {
      const newest = tf.tensor1d(
        histories.map((row) => row[length - 1]!),
        'int32',
      );
      kept.append(newest);
      newest.dispose();
      if (length > 6 && length % 47 !== 0) continue;
      for (const given of cases) {
        const options = decodingOptions(given);
        const scores = toTensor<tf.Rank.R2>({ shape: [histories.length, columns], values });
        processRows(scores, kept.tokens, kept.length, options, [1, 36]);
        const found = await readFresh(scores);
        scores.dispose();
        const wanted = Float32Array.from(values);
        for (const [row, history] of histories.entries()) {
          const part = wanted.subarray(row * columns, (row + 1) * columns);
          processScores(part, history.slice(0, length), options, [1, 36]);
        }
        const finite = wanted.map((score) => (score === -Infinity ? BANNED : score));
        expect(found).toBeAllClose(finite, { atol: 0, rtol: 1e-6 });
      }
    }
    kept.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(device!.problem()).toBeUndefined();
  });
});
