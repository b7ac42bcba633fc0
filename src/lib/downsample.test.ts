import { describe, expect, it } from 'vitest';
import { downsample } from './downsample.ts';
import { makePrng } from './prng.ts';

const self = (value: number): number => value;

describe('downsampling', () => {
  it('leaves short curves alone', () => {
    expect(downsample([3, 1, 2], 4, self)).toEqual([3, 1, 2]);
  });

  it('keeps the ends and the extremes of every bucket, in order', () => {
    // Limit 6 leaves two buckets between the ends: [1, 9, 0, 5] and [2, 8, 7, 3].
    expect(downsample([4, 1, 9, 0, 5, 2, 8, 7, 3, 6], 6, self)).toEqual([4, 9, 0, 2, 8, 6]);
  });

  it('never exceeds its limit and never loses the largest spike', () => {
    const prng = makePrng(7);
    const points = Array.from({ length: 10_007 }, (_, x) => ({ x, y: prng.normal() }));
    points[4321] = { x: 4321, y: 50 };
    const kept = downsample(points, 500, ({ y }) => y);
    expect(kept.length).toBeLessThanOrEqual(500);
    expect(kept.length).toBeGreaterThan(400);
    expect(kept.map(({ x }) => x)).toContain(4321);
    expect(kept.every(({ x }, i) => i === 0 || x > kept[i - 1]!.x)).toBe(true);
  });

  it('passes by values that are not finite', () => {
    const kept = downsample([1, NaN, NaN, NaN, 2, 3, 4, 5], 4, self);
    expect(kept).toEqual([1, 2, 4, 5]);
  });
});
