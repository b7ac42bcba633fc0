import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { floats, toTensor } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { readFresh } from '../../runtime.ts';
import type { AttentionOptions } from './attention.ts';
import { panelBackward, panelForward } from './panelAttention.ts';

const device = await openTestDevice();

const options: AttentionOptions = {
  batch: 2,
  heads: 3,
  queryLength: 21,
  keyLength: 18,
  bias: null,
  keyMask: null,
  causal: false,
  dropoutRate: 0.2,
  seed: 4,
};

describe.skipIf(device === null)('on WebGPU', () => {
  /** Context, dquery, dkey, dvalue, dbias. */
  async function run(panelBytes: number): Promise<Float32Array[]> {
    await tf.setBackend('webgpu');
    const { batch, heads, queryLength, keyLength } = options;
    const results = tf.tidy(() => {
      const inputs = {
        query: toTensor<tf.Rank.R2>(floats([batch * queryLength, heads * 8], 1)),
        key: toTensor<tf.Rank.R2>(floats([batch * keyLength, heads * 8], 2)),
        value: toTensor<tf.Rank.R2>(floats([batch * keyLength, heads * 8], 3)),
      };
      const bias = toTensor<tf.Rank.R4>(floats([1, heads, queryLength, keyLength], 4));
      const all = { ...options, bias };
      const forward = panelForward(inputs, all, panelBytes);
      const dcontext = toTensor<tf.Rank.R2>(floats([batch * queryLength, heads * 8], 5));
      const { dquery, dkey, dvalue, dbias } = panelBackward(
        dcontext,
        { ...inputs, ...forward, options: all },
        panelBytes,
      );
      return [forward.context, dquery, dkey, dvalue, dbias!];
    });
    const values = await Promise.all(results.map((result) => readFresh(result)));
    tf.dispose(results);
    return values;
  }

  test('the size of the panels changes nothing but the order of sums over queries', async () => {
    const whole = await run(1e6);
    for (const panelBytes of [2 * 21 * 80, 640]) {
      const parts = await run(panelBytes); // two pairs at once; then 8 queries of one pair
      for (const which of [0, 1, 4]) expect(parts[which]).toEqual(whole[which]);
      for (const which of [2, 3]) {
        expect(parts[which]!).toBeAllClose(whole[which]!, { atol: 2e-7, rtol: 2e-6 });
      }
    }
    expect(device!.problem()).toBeUndefined();
  });

  test('a second run gives the same bits', async () => {
    expect(await run(640)).toEqual(await run(640));
  });
});
