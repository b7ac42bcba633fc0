/** Scores between 0 and 1 as points of 100, the way ROUGE is printed. */

/** 0.4172 → "41.7". */
export const formatScore = (score: number): string => (100 * score).toFixed(1);

/** 0.193 → "+19.3", -0.004 → "−0.4". */
export function formatGain(gain: number): string {
  const points = (100 * Math.abs(gain)).toFixed(1);
  return points === '0.0' ? '0.0' : `${gain > 0 ? '+' : '−'}${points}`;
}
