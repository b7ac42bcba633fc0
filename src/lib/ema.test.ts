import { describe, expect, it } from 'vitest';
import { smoothWithEma } from './ema.ts';

describe('exponential moving average', () => {
  it('follows the corrected recurrence', () => {
    // By hand, weight 0.5: 4; (0.5·2 + 1)/0.75 = 8/3; (0.5·2 + 4)/0.875 = 40/7.
    expect(smoothWithEma([4, 2, 8], 0.5)).toBeAllClose([4, 8 / 3, 40 / 7], { atol: 1e-12, rtol: 0 });
  });

  it('starts at the first value however strong the smoothing is', () => {
    expect(smoothWithEma([3, 3, 3], 0.99)).toBeAllClose([3, 3, 3], { atol: 1e-12, rtol: 0 });
  });

  it('gives the curve itself without smoothing', () => {
    expect(smoothWithEma([1, 5, 2], 0)).toEqual([1, 5, 2]);
  });

  it('keeps its value where a step was not finite', () => {
    const smoothed = smoothWithEma([NaN, 2, NaN, Infinity, 2], 0.9);
    expect(smoothed[0]).toBeNaN();
    expect(smoothed.slice(1)).toBeAllClose([2, 2, 2, 2], { atol: 1e-12, rtol: 0 });
  });
});
