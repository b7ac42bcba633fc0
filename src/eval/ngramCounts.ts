/** Runs of n neighbouring words or characters, and how often each occurs. */

/** Counts of all runs of `n` items; `glue` stands between the items of a run and must occur in none of them. */
export function countNgrams(items: readonly string[], n: number, glue: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= items.length; i++) {
    let ngram = items[i]!;
    for (let j = i + 1; j < i + n; j++) ngram += glue + items[j]!;
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  return counts;
}

/** How many runs both have, each counted at most as often as in either. */
export function countShared(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  let shared = 0;
  for (const [ngram, count] of one) shared += Math.min(count, other.get(ngram) ?? 0);
  return shared;
}
