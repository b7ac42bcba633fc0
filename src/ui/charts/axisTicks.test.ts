import { describe, expect, it } from 'vitest';
import { linearTicks, logTicks } from './axisTicks.ts';

describe('axis ticks', () => {
  it.each([
    [1.1, 3.2, [1, 1.5, 2, 2.5, 3, 3.5]],
    [0, 990, [0, 200, 400, 600, 800, 1000]],
    [0.02, 0.31, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]],
    [2, 2, [1, 1.5, 2, 2.5, 3]],
  ])('linear from %d to %d', (min, max, ticks) => {
    expect(linearTicks(min, max).ticks).toEqual(ticks);
  });

  it.each([
    [0.4, 3.1, [0.2, 0.5, 1, 2, 5]],
    [1, 1, [1, 2]],
    [0.001, 900, [0.001, 0.02, 0.5, 10, 200]],
  ])('logarithmic from %d to %d', (min, max, ticks) => {
    const axis = logTicks(min, max);
    expect(axis.ticks).toEqual(ticks);
    expect(axis.domain[0]).toBeLessThanOrEqual(min);
    expect(axis.domain[1]).toBeGreaterThanOrEqual(max);
  });
});
