/** Timing of variants that take turns, so that a change of the machine's load meets all of them. */

/** One way of doing the same work. */
export interface Variant {
  readonly name: string;
  /** Does the work once; resolves when the device is done with it. */
  run(): Promise<void>;
}

export interface Turns {
  /** Timed runs of each variant; the median is taken of them. */
  readonly rounds: number;
  /** Runs before the first timed one: kernels are compiled in the first. */
  readonly warmUps: number;
}

/** Median milliseconds of each variant. Every round begins with another variant. */
export async function alternate(variants: readonly Variant[], turns: Turns): Promise<Map<string, number>> {
  for (const variant of variants) {
    for (let i = 0; i < turns.warmUps; i++) await variant.run();
  }
  const times = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round < turns.rounds; round++) {
    for (let i = 0; i < variants.length; i++) {
      const variant = variants[(i + round) % variants.length]!;
      const startedAt = performance.now();
      await variant.run();
      times.get(variant.name)!.push(performance.now() - startedAt);
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}

/** The middle value; of an even number of values, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
