/** Scores processed on WebGPU are those processed here, and so is what is drawn from them. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { makePrng } from '../../lib/prng.ts';
import { floats, toTensor } from '../../test/parity.ts';
import { openTestDevice } from '../../test/webgpuDevice.ts';
import { decodingOptions } from '../decoding/decodingOptions.ts';
import { rankAll } from '../decoding/ranking.ts';
import { drawToken } from '../decoding/sampling.ts';
import { scoreRows, type RowScores } from './rowScores.ts';

const device = await openTestDevice();
const rowCount = 3;
const columns = 300;
const histories = [
  [0, 5, 9, 5],
  [0, 7, 7, 7],
  [0, 299],
];
const sampling = {
  doSample: true,
  temperature: 0.8,
  repetitionPenalty: 1.4,
  noRepeatNgramSize: 1,
  minNewTokens: 9,
};

async function scoresOn(backend: string, asLogProbabilities: boolean): Promise<RowScores> {
  await tf.setBackend(backend);
  const processors = decodingOptions(sampling);
  const options = { count: 64, temperature: 0.8, asLogProbabilities, processors, endIds: [1] };
  return scoreRows(toTensor(floats([rowCount, columns], 6, 6)), histories, options);
}

/** A row whole, with a number in place of -∞ that can be compared. */
async function finite(scores: RowScores, row: number): Promise<Float32Array> {
  return (await scores.whole(row)).map((score) => (score === -Infinity ? -1e9 : score));
}

describe.skipIf(device === null)('on WebGPU', () => {
  test.each([false, true])(
    'rankings and whole rows as here, log-probabilities %s',
    async (asLogProbabilities) => {
      const here = await scoresOn('cpu', asLogProbabilities);
      await tf.setBackend('webgpu');
      const before = tf.memory().numTensors;
      const there = await scoresOn('webgpu', asLogProbabilities);
      for (let row = 0; row < rowCount; row++) {
        const [one, other] = [there.top(row), here.top(row)];
        expect(Array.from(one.ids)).toEqual(Array.from(other.ids));
        expect(one.scores).toBeAllClose(other.scores, { atol: 2e-6, rtol: 1e-6 });
        expect([one.logSumExp]).toBeAllClose([other.logSumExp], { atol: 2e-6, rtol: 1e-6 });
        expect(one.isWhole).toBe(false);
        expect(await finite(there, row)).toBeAllClose(await finite(here, row), { atol: 2e-6, rtol: 1e-6 });
      }
      here.dispose();
      there.dispose();
      expect(tf.memory().numTensors).toBe(before);
      expect(device!.problem()).toBeUndefined();
    },
  );

  test('draws from the best tokens as from whole rows here', async () => {
    const here = await scoresOn('cpu', false);
    const there = await scoresOn('webgpu', false);
    const prng = makePrng(4);
    let told = 0;
    for (let i = 0; i < 300; i++) {
      const options = decodingOptions({ ...sampling, topK: [0, 20][i % 2]!, topP: [1, 0.9, 0.5][i % 3]! });
      const uniform = prng.next();
      const wanted = drawToken(rankAll(await here.whole(i % rowCount), 0.8), options, uniform);
      const drawn = drawToken(there.top(i % rowCount), options, uniform);
      if (drawn !== null) told++;
      const known = drawn ?? drawToken(rankAll(await there.whole(i % rowCount), 0.8), options, uniform);
      expect(known).toBe(wanted);
    }
    expect(told).toBeGreaterThan(200);
    there.dispose();
  });
});
