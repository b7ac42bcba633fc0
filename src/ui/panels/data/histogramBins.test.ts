import { describe, expect, it } from 'vitest';
import { histogramBins } from './histogramBins.ts';

describe('histogram of lengths', () => {
  it('counts every length once, in bins of a round width', () => {
    const { width, counts } = histogramBins([0, 1, 7, 8, 100, 255], 32);
    expect(width).toBe(8);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(6);
    expect(counts[0]).toBe(3);
    expect(counts[1]).toBe(1);
    expect(counts).toHaveLength(32);
  });

  it('has one bin for nothing', () => {
    expect(histogramBins([])).toEqual({ width: 1, counts: [0, 0] });
  });
});
