/** Greedy decoding from stock tfjs operators: the encoder once, then the whole decoder again for each new token. */
import * as tf from '@tensorflow/tfjs';
import type { T5Config } from '../../src/engine/t5/config.ts';
import { plainDecode, plainEncode, plainLogits, type PlainPass } from './plainT5.ts';

/** The most likely ids of each prompt; prompts are equally long. */
export async function plainGenerate(
  config: T5Config,
  weights: ReadonlyMap<string, tf.Tensor>,
  prompts: readonly Int32Array[],
  newTokens: number,
): Promise<number[][]> {
  const pass: PlainPass = { config, weights, adapter: new Map() };
  const size = prompts.length;
  const length = prompts[0]!.length;
  const mask = tf.ones<tf.Rank.R2>([size, length], 'int32');
  const states = tf.tidy(() => {
    const ids = tf.concat1d(prompts.map((prompt) => tf.tensor1d(prompt, 'int32')));
    return plainEncode(pass, ids, mask);
  });
  const rows = prompts.map(() => [config.decoderStartTokenId]);
  for (let step = 0; step < newTokens; step++) {
    const next = tf.tidy(() => {
      const hidden = plainDecode(pass, tf.tensor1d(rows.flat(), 'int32'), states, mask); // [B·T,D]
      const last = tf.tensor1d(
        rows.map((row, i) => (i + 1) * row.length - 1),
        'int32',
      );
      return tf.argMax(plainLogits(pass, tf.gather(hidden, last)), 1);
    });
    const ids = await next.data();
    next.dispose();
    for (const [i, row] of rows.entries()) row.push(ids[i]!);
  }
  tf.dispose([mask, states]);
  return rows.map((row) => row.slice(1));
}
