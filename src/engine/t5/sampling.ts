/** Choosing a token from scores: temperature, then top-k, then top-p, in the order of transformers. Pure. */
import type { Prng } from '../../lib/prng.ts';

export interface SamplingOptions {
  /** Above 0; scores are divided by it. */
  readonly temperature: number;
  /** Only the k most likely tokens; 0 for all. */
  readonly topK: number;
  /** Only the most likely tokens that together reach this probability; 1 for all. */
  readonly topP: number;
  readonly seed: number;
}

/** One token id, drawn from softmax(scores / temperature) cut to top-k and top-p; scores [V]. */
export function sampleToken(scores: Float32Array, options: SamplingOptions, prng: Prng): number {
  const { temperature, topK, topP } = options;
  const ids = Uint32Array.from(scores.keys()).sort((one, other) => scores[other]! - scores[one]!);
  const kept = topK > 0 ? Math.min(topK, ids.length) : ids.length;
  const best = scores[ids[0]!]!;
  const weights = new Float64Array(kept);
  let total = 0;
  for (let i = 0; i < kept; i++) {
    weights[i] = Math.exp((scores[ids[i]!]! - best) / temperature);
    total += weights[i]!;
  }
  // The nucleus: tokens until their sum reaches top-p, the one that reaches it included.
  let nucleus = 0;
  let count = 0;
  do nucleus += weights[count++]!;
  while (count < kept && nucleus < topP * total);

  let rest = prng.next() * nucleus;
  for (let i = 0; i < count; i++) {
    rest -= weights[i]!;
    if (rest < 0) return ids[i]!;
  }
  return ids[count - 1]!;
}
