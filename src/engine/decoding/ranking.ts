/** The best tokens of a row of scores, in one fixed order, and what all tokens together weigh. */

/** Tokens of one row from the best on: higher scores first, among equals the higher id. */
export interface Ranking {
  readonly ids: ArrayLike<number>;
  /** Their scores, descending. */
  readonly scores: ArrayLike<number>;
  /** log Σ exp(score / temperature) over all tokens of the row, also those not in the list. */
  readonly logSumExp: number;
  /** Whether the list holds every token of the row. */
  readonly isWhole: boolean;
}

/** The best `count` tokens of scores [V]. */
export function rankTop(scores: Float32Array, count: number, temperature = 1): Ranking {
  const size = Math.min(count, scores.length);
  const ids = new Int32Array(size);
  let filled = 0;
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id]!;
    if (filled === size && !(score >= scores[ids[size - 1]!]!)) continue;
    let place = filled < size ? filled++ : size - 1;
    while (place > 0 && score >= scores[ids[place - 1]!]!) {
      ids[place] = ids[place - 1]!;
      place--;
    }
    ids[place] = id;
  }
  return ranked(scores, ids, temperature);
}

/** All tokens of scores [V]. */
export function rankAll(scores: Float32Array, temperature = 1): Ranking {
  const ids = Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || b - a);
  return ranked(scores, ids, temperature);
}

function ranked(scores: Float32Array, ids: Int32Array, temperature: number): Ranking {
  return {
    ids,
    scores: Float32Array.from(ids, (id) => scores[id]!),
    logSumExp: logSumExp(scores, temperature),
    isWhole: ids.length === scores.length,
  };
}

/** log Σ exp(score / temperature), summed in float64. */
export function logSumExp(scores: Float32Array, temperature = 1): number {
  let highest = -Infinity;
  for (const score of scores) if (score > highest) highest = score;
  if (highest === -Infinity) return -Infinity;
  let sum = 0;
  for (const score of scores) sum += Math.exp((score - highest) / temperature);
  return highest / temperature + Math.log(sum);
}

/** log softmax in place, rounded to float32; scores [V]. */
export function logSoftmax(scores: Float32Array): void {
  const total = logSumExp(scores);
  for (let id = 0; id < scores.length; id++) scores[id]! -= total;
}
