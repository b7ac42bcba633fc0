import { deriveSeed, makePrng, shuffle } from '../lib/prng.ts';
import type { Example } from './example.ts';

/** Indices into the examples, ascending; every example is in exactly one part. */
export interface Split {
  train: Uint32Array;
  validation: Uint32Array;
  test: Uint32Array;
}

/** Shares of all examples, 0 to 1; what they leave is for training. */
export interface SplitShares {
  validationShare: number;
  testShare: number;
}

/**
 * Splits examples at random, the same way for the same content and seed. Examples with the same prompt (so exact
 * duplicates too) stay together: no validation prompt was seen in training. A part with a share above 0 gets at least
 * one example where there are enough different prompts; training always gets one.
 */
export function split(examples: readonly Example[], shares: SplitShares & { seed: number }): Split {
  const groups = groupByPrompt(examples);
  const order = shuffle(
    Uint32Array.from(groups.keys()),
    makePrng(deriveSeed((shares.seed ^ hashExamples(examples)) >>> 0, 'split')),
  );
  const shuffled = Array.from(order, (index) => groups[index]!);
  const test = takeShare(shuffled, shares.testShare, examples.length);
  const validation = takeShare(test.rest, shares.validationShare, examples.length);
  return {
    train: ascending(validation.rest),
    validation: ascending(validation.taken),
    test: ascending(test.taken),
  };
}

/** Takes whole groups up to a share of all examples, in order; leaves at least one group. */
function takeShare(
  groups: readonly number[][],
  share: number,
  exampleCount: number,
): { taken: number[][]; rest: number[][] } {
  const wanted = share > 0 ? Math.max(1, Math.round(share * exampleCount)) : 0;
  const taken: number[][] = [];
  const rest: number[][] = [];
  let takenCount = 0;
  for (const [index, group] of groups.entries()) {
    const isLastLeft = rest.length === 0 && index === groups.length - 1;
    // A group larger than what is missing is left for training.
    if (takenCount + group.length <= wanted && !isLastLeft) {
      taken.push(group);
      takenCount += group.length;
    } else rest.push(group);
  }
  if (wanted > 0 && taken.length === 0 && rest.length > 1) {
    const smallest = rest.reduce((best, group, i) => (group.length < rest[best]!.length ? i : best), 0);
    taken.push(...rest.splice(smallest, 1));
  }
  return { taken, rest };
}

function ascending(groups: readonly number[][]): Uint32Array {
  return Uint32Array.from(groups.flat()).sort();
}

/** 32-bit FNV-1a over all prompts and targets: changes when any character of them changes. */
export function hashExamples(examples: readonly Example[]): number {
  let hash = 0x811c9dc5;
  const mix = (text: string): void => {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0x1ffff, 0x01000193);
  };
  for (const { prompt, target } of examples) {
    mix(prompt);
    mix(target);
  }
  return hash >>> 0;
}

function groupByPrompt(examples: readonly Example[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [index, { prompt }] of examples.entries()) {
    const group = groups.get(prompt);
    if (group) group.push(index);
    else groups.set(prompt, [index]);
  }
  return [...groups.values()];
}
