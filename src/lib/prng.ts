/**
 * The one random generator of Graft: sfc32 seeded by splitmix32. Same seed, same sequence, on every machine.
 * Reference: PractRand (C. Doty-Humphrey), sfc32.
 */
export interface Prng {
  /** Next 32 random bits as an unsigned integer. */
  nextUint32(): number;
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number;
  /** Uniform integer in [0, limit). */
  below(limit: number): number;
  /** Standard normal (Box–Muller, one value per call). */
  normal(): number;
  /** The whole state, to be stored and given to `restorePrng`. */
  state(): PrngState;
}

/** Four 32-bit words. */
export type PrngState = readonly [number, number, number, number];

/** A generator that starts from a seed (any finite number; its integer part counts, modulo 2³²). */
export function makePrng(seed: number): Prng {
  let s = seed >>> 0;
  const splitmix = (): number => {
    s = (s + 0x9e3779b9) >>> 0;
    let z = s;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  const prng = restorePrng([splitmix(), splitmix(), splitmix(), splitmix()]);
  for (let i = 0; i < 12; i++) prng.nextUint32();
  return prng;
}

/** A generator that goes on where another stood. */
export function restorePrng(state: PrngState): Prng {
  let [a, b, c, counter] = state;
  const nextUint32 = (): number => {
    const t = (((a + b) >>> 0) + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = ((c << 21) | (c >>> 11)) >>> 0;
    c = (c + t) >>> 0;
    return t;
  };
  const next = (): number => nextUint32() / 4294967296;
  return {
    nextUint32,
    next,
    below: (limit) => Math.floor(next() * limit),
    normal: () => {
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      return radius * Math.cos(2 * Math.PI * next());
    },
    state: () => [a >>> 0, b >>> 0, c >>> 0, counter >>> 0],
  };
}

/** A seed for a named purpose derived from a base seed, so that two purposes never share a sequence. */
export function deriveSeed(seed: number, purpose: string): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (let i = 0; i < purpose.length; i++) {
    hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/** Fisher–Yates; shuffles in place and returns the same array. */
export function shuffle<T extends { length: number; [index: number]: number }>(items: T, prng: Prng): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = prng.below(i + 1);
    const held = items[i]!;
    items[i] = items[j]!;
    items[j] = held;
  }
  return items;
}
