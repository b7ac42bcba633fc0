import { expect, test } from 'vitest';
import { makePrng } from '../lib/prng.ts';
import { bootstrapMean } from './bootstrap.ts';

const normals = (count: number, mean: number, seed: number): number[] => {
  const prng = makePrng(seed);
  return Array.from({ length: count }, () => mean + prng.normal());
};

test('the interval is as wide as theory says for many normal values', () => {
  const values = normals(400, 3, 1);
  const { mean, low, high } = bootstrapMean(values, { prng: makePrng(2) });
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 400;
  const half = 1.96 * Math.sqrt(variance / 400);
  // 2000 resamples know the ends to about 5 % of the half width.
  expect([low, high]).toBeAllClose([mean - half, mean + half], { atol: 0.12 * half, rtol: 0 });
});

test('about 95 of 100 intervals hold the true mean', () => {
  let held = 0;
  for (let seed = 0; seed < 300; seed++) {
    const { low, high } = bootstrapMean(normals(40, 0.5, seed), {
      prng: makePrng(seed + 1000),
      resampleCount: 400,
    });
    if (low <= 0.5 && 0.5 <= high) held++;
  }
  expect(held / 300).toBeGreaterThan(0.9);
  expect(held / 300).toBeLessThan(0.985);
});

test('the same seed gives the same interval, another seed another', () => {
  const values = normals(30, 0, 3);
  const first = bootstrapMean(values, { prng: makePrng(4) });
  expect(bootstrapMean(values, { prng: makePrng(4) })).toEqual(first);
  expect(bootstrapMean(values, { prng: makePrng(5) })).not.toEqual(first);
});

test('equal values leave no doubt, no values are refused', () => {
  expect(bootstrapMean([2, 2, 2], { prng: makePrng(1) })).toEqual({ mean: 2, low: 2, high: 2 });
  expect(() => bootstrapMean([], { prng: makePrng(1) })).toThrow(RangeError);
});
