import { expect, test } from 'vitest';
import { largestDifference, relativeDifference } from './differences.ts';

test('the largest difference, and as a share of the largest value', () => {
  expect(largestDifference([1, -4, 2], [1, -2, 3])).toBe(2);
  expect(relativeDifference([1, -4, 2], [1, -2, 4])).toBe(0.5);
  expect(relativeDifference([0, 0.5], [0, 0], 2)).toBe(0.25);
  expect(relativeDifference([], [])).toBe(0);
});

test.each([
  [
    [1, NaN],
    [1, 2],
  ],
  [
    [1, 2],
    [NaN, 2],
  ],
  [[Infinity], [Infinity]],
  [[1], [1, 2]],
])('%j and %j are infinitely far apart', (a, b) => {
  expect(largestDifference(a, b)).toBe(Infinity);
  expect(relativeDifference(a, b)).toBe(Infinity);
});
