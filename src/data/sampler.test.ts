import { describe, expect, it } from 'vitest';
import { makePrng } from '../lib/prng.ts';
import { makeBatchSource, onePass } from './batchSource.ts';
import { paddedLength } from './collate.ts';
import { epochBatches, makeSampler, type SampleOrder, stepsPerEpoch, totalSteps } from './sampler.ts';
import type { TokenSet } from './tokenSet.ts';

/** Examples of random lengths; the first input id of each is its number, so a batch tells whom it holds. */
function makeTokens(exampleCount: number): TokenSet {
  const prng = makePrng(3);
  const inputs = Array.from({ length: exampleCount }, (_, i) => [
    100 + i,
    ...Array.from({ length: prng.below(150) }, () => 5),
    1,
  ]);
  const labels = Array.from({ length: exampleCount }, () => [
    ...Array.from({ length: prng.below(40) }, () => 6),
    1,
  ]);
  const offsets = (lists: number[][]): Uint32Array => {
    const result = new Uint32Array(lists.length + 1);
    for (const [i, list] of lists.entries()) result[i + 1] = result[i]! + list.length;
    return result;
  };
  return {
    exampleCount,
    inputIds: Int32Array.from(inputs.flat()),
    inputOffsets: offsets(inputs),
    labelIds: Int32Array.from(labels.flat()),
    labelOffsets: offsets(labels),
  };
}

const tokens = makeTokens(125);
const numbers = Array.from({ length: 125 }, (_, i) => i);
const orders: SampleOrder[] = ['given', 'shuffled', 'bucketed'];
const padding = { padId: 0, decoderStartTokenId: 0 };

describe('makeSampler', () => {
  it.each(orders)('%s: every example exactly once in every epoch, the short batch kept', (order) => {
    const sampler = makeSampler(tokens, { batchSize: 8, order, seed: 1 });
    expect(sampler.batchesPerEpoch).toBe(16);
    for (let epoch = 0; epoch < 3; epoch++) {
      const batches = Array.from({ length: 16 }, () => sampler.next());
      expect(batches.flatMap((batch) => [...batch]).sort((a, b) => a - b)).toEqual(numbers);
      expect(batches.map(({ length }) => length).sort((a, b) => a - b)).toEqual([
        5,
        ...Array.from({ length: 15 }, () => 8),
      ]);
    }
    expect(sampler.state()).toEqual({ seed: 1, epoch: 3, position: 0 });
  });

  it('given keeps the order; the others change it with seed and epoch', () => {
    const batchesOf = (order: SampleOrder, seed: number, epoch: number): string =>
      JSON.stringify(epochBatches(tokens, { batchSize: 8, order, seed }, epoch).map((batch) => [...batch]));
    expect(
      epochBatches(tokens, { batchSize: 8, order: 'given', seed: 1 }, 4).flatMap((batch) => [...batch]),
    ).toEqual(numbers);
    for (const order of ['shuffled', 'bucketed'] as const) {
      expect(batchesOf(order, 1, 0)).toBe(batchesOf(order, 1, 0));
      expect(new Set([batchesOf(order, 1, 0), batchesOf(order, 1, 1), batchesOf(order, 2, 0)]).size).toBe(3);
    }
  });

  it('bucketed pads far less than shuffled', () => {
    const paddedTokens = (order: SampleOrder): number =>
      epochBatches(tokens, { batchSize: 8, order, seed: 1 }, 0).reduce((sum, batch) => {
        const longest = Math.max(
          ...Array.from(batch, (i) => tokens.inputOffsets[i + 1]! - tokens.inputOffsets[i]!),
        );
        return sum + batch.length * paddedLength(longest);
      }, 0);
    expect(paddedTokens('bucketed')).toBeLessThan(0.75 * paddedTokens('shuffled'));
  });

  it.each(orders)('%s: goes on identically from a stored state', (order) => {
    for (const stop of [0, 1, 15, 16, 20]) {
      const whole = makeSampler(tokens, { batchSize: 8, order, seed: 9 });
      for (let i = 0; i < stop; i++) whole.next();
      const state = JSON.parse(JSON.stringify(whole.state())) as ReturnType<typeof whole.state>;
      const resumed = makeSampler(tokens, { batchSize: 8, order, seed: 0, state });
      for (let i = 0; i < 20; i++) expect(resumed.next()).toEqual(whole.next());
    }
  });

  it('refuses an empty set', () => {
    expect(() => makeSampler(makeTokens(0), { batchSize: 8, order: 'given', seed: 1 })).toThrow(RangeError);
  });
});

describe('steps', () => {
  it.each([
    // 125 rows in batches of 8: the 16 steps an epoch and 160 in all of the DialogSum lab.
    [125, 8, 1, 10, 0, 16, 160],
    [125, 8, 4, 3, 0, 4, 12],
    [125, 8, 5, 2, 0, 4, 8],
    [125, 8, 1, 0.5, 0, 16, 8],
    [125, 8, 1, 0.06, 0, 16, 1],
    [125, 8, 1, 10, 7, 16, 7],
    [3, 8, 4, 2, 0, 1, 2],
  ])(
    '%i examples, batch %i, accumulation %i',
    (count, batchSize, gradientAccumulationSteps, epochs, maxSteps, perEpoch, all) => {
      const config = { batchSize, gradientAccumulationSteps, epochs, maxSteps };
      expect([stepsPerEpoch(config, count), totalSteps(config, count)]).toEqual([perEpoch, all]);
    },
  );
});

describe('makeBatchSource', () => {
  const options = {
    ...padding,
    batchSize: 8,
    gradientAccumulationSteps: 3,
    order: 'bucketed' as const,
    seed: 4,
  };

  it('accumulates within an epoch and gives the rest in its last step', () => {
    const source = makeBatchSource(tokens, options);
    expect(source.stepsPerEpoch).toBe(6);
    const steps = Array.from({ length: 6 }, () => source.nextStep());
    expect(steps.map(({ length }) => length)).toEqual([3, 3, 3, 3, 3, 1]);
    const seen = steps
      .flat()
      .flatMap((batch) =>
        Array.from({ length: batch.size }, (_, b) => batch.inputIds[b * batch.inputLength]! - 100),
      );
    expect(seen.sort((a, b) => a - b)).toEqual(numbers);
    expect(source.state()).toEqual({ seed: 4, epoch: 1, position: 0 });
  });

  it('counts epochs as HF logs them', () => {
    const source = makeBatchSource(tokens, options);
    expect([1, 5, 6, 7, 12].map((step) => source.epochAfter(step))).toBeAllClose(
      [3 / 16, 15 / 16, 1, 19 / 16, 2],
      { atol: 1e-12, rtol: 0 },
    );
    const lab = makeBatchSource(tokens, { ...options, gradientAccumulationSteps: 1 });
    expect(lab.epochAfter(1).toFixed(2)).toBe('0.06');
  });

  it('goes on identically from a stored state', () => {
    const whole = makeBatchSource(tokens, options);
    for (let i = 0; i < 4; i++) whole.nextStep();
    const resumed = makeBatchSource(tokens, { ...options, state: whole.state() });
    for (let i = 0; i < 5; i++) expect(resumed.nextStep()).toEqual(whole.nextStep());
  });
});

describe('onePass', () => {
  it('gives each example once, in the same order every time', () => {
    const numbersOf = (): number[] =>
      [...onePass(tokens, { ...padding, batchSize: 16 })].flatMap((batch) =>
        Array.from({ length: batch.size }, (_, b) => batch.inputIds[b * batch.inputLength]! - 100),
      );
    expect(numbersOf()).toEqual(numbersOf());
    expect(numbersOf().sort((a, b) => a - b)).toEqual(numbers);
    expect([...onePass(makeTokens(0), { ...padding, batchSize: 16 })]).toEqual([]);
  });
});
