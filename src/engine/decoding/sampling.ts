/**
 * Drawing a token as transformers does: temperature, then top-k, then top-p, then one draw. Works on a ranking of the best
 * tokens and says when that is too short to know the outcome, so that whole rows need not leave the device. Pure.
 */
import type { Prng } from '../../lib/prng.ts';
import type { DecodingOptions } from './decodingOptions.ts';
import type { Ranking } from './ranking.ts';

export type WarperOptions = Pick<DecodingOptions, 'temperature' | 'topK' | 'topP'>;

/** Weights of the tokens that may be drawn, in the order of the ranking. */
export interface DrawWeights {
  /** Not normalised; as many as there are tokens to draw from, or known of them. */
  readonly weights: Float64Array;
  /** Sum of the weights of all tokens that may be drawn, also of those not in `weights`. */
  readonly total: number;
}

/** Sums of a short list and of a whole row differ by rounding: closer than this to an edge, the whole row decides. */
const EDGE = 1e-5;

/**
 * What may be drawn; null where a list that is not whole cannot tell. At least `minTokensToKeep` tokens stay, as beam
 * search asks for.
 */
export function drawWeights(
  ranking: Ranking,
  { temperature, topK, topP }: WarperOptions,
  minTokensToKeep = 1,
): DrawWeights | null {
  const scaled = Float32Array.from(ranking.scores, (score) => score / Math.fround(temperature));
  let count = scaled.length;
  let total = NaN;
  if (topK > 0) {
    const kth = scaled[Math.min(Math.max(topK, minTokensToKeep), count) - 1]!;
    while (count > 0 && scaled[count - 1]! < kth) count--;
    // Every listed token is kept, so some that are not listed may be too.
    if (!ranking.isWhole && count === scaled.length) return null;
  } else if (!ranking.isWhole) {
    total = Math.exp(ranking.logSumExp - scaled[0]!);
  }
  const weights = Float64Array.from(scaled.subarray(0, count), (score) => Math.exp(score - scaled[0]!));
  if (Number.isNaN(total)) total = weights.reduce((sum, weight) => sum + weight, 0);
  if (topP >= 1) return { weights, total };
  const kept = nucleusSize(weights, total, topP, ranking.isWhole || topK > 0);
  if (kept === null) return null;
  const nucleus = weights.subarray(0, Math.min(count, Math.max(kept, minTokensToKeep)));
  return { weights: nucleus, total: nucleus.reduce((sum, weight) => sum + weight, 0) };
}

/**
 * How many tokens top-p keeps. transformers adds up probabilities from the least likely token on and drops those up to
 * which the sum is at most 1 - p, in float32, and so does this where it knows all weights.
 */
function nucleusSize(weights: Float64Array, total: number, topP: number, isWhole: boolean): number | null {
  const limit = Math.fround(1 - topP);
  if (isWhole) {
    let tail = 0;
    let kept = weights.length;
    while (kept > 0) {
      tail += Math.fround(weights[kept - 1]! / total);
      if (Math.fround(tail) > limit) break;
      kept--;
    }
    return kept;
  }
  let head = 0;
  for (const [place, weight] of weights.entries()) {
    const tail = 1 - head / total;
    if (Math.abs(tail - limit) < EDGE) return null;
    if (tail < limit) return place;
    head += weight;
  }
  return null;
}

/**
 * The token that a uniform number in [0, 1) picks, the likeliest tokens lying lowest; null where the ranking is too short to
 * tell.
 */
export function drawToken(ranking: Ranking, options: WarperOptions, uniform: number): number | null {
  const draw = drawWeights(ranking, options);
  if (draw === null) return null;
  const { weights, total } = draw;
  let rest = uniform * total;
  for (const [place, weight] of weights.entries()) {
    if (!ranking.isWhole && Math.abs(rest - weight) < EDGE * total) return null;
    if (rest < weight) return ranking.ids[place]!;
    rest -= weight;
  }
  return ranking.isWhole ? ranking.ids[weights.length - 1]! : null;
}

/**
 * Places of `count` different entries drawn one after another, each from the softmax of those left: the largest scores once
 * Gumbel noise is added (arXiv:1903.06059), in the order drawn.
 */
export function drawDifferent(scores: readonly number[], count: number, prng: Prng): number[] {
  const keys = scores.map((score) => score - Math.log(-Math.log(prng.next() + 2 ** -33)));
  return [...keys.keys()].sort((a, b) => keys[b]! - keys[a]! || 0).slice(0, count);
}
