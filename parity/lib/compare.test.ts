import { expect, test } from 'vitest';
import { compareEach, compareTensors, worstOf } from './compare.ts';

test('the error of a tensor is in parts of its largest value, that of numbers each in its own', () => {
  const [ours, reference] = [
    [1.01, 100],
    [1, 100],
  ];
  expect(compareTensors('tensor', ours, reference, 1e-3).error).toBeCloseTo(1e-4, 12);
  expect(compareEach('numbers', ours, reference, 1e-3)).toMatchObject({
    name: 'numbers of 2',
    ours: 1.01,
    reference: 1,
  });
  expect(compareEach('numbers', ours, reference, 1e-3).error).toBeCloseTo(1e-2, 12);
  expect(compareEach('zeros', [0, 1], [0, 1], 0).error).toBe(0);
});

test.each([
  ['nothing against nothing', [], []],
  ['nothing against a value', [], [1]],
  ['a value against nothing', [1], []],
  ['too few', [1], [1, 1]],
  ['not a number', [NaN], [1]],
  ['not a number in the reference', [1], [NaN]],
  ['not a number in both', [NaN], [NaN]],
  ['something against zero', [1], [0]],
])('%s does not pass', (_, ours, reference) => {
  const lines = [compareTensors('a', ours, reference, 1), compareEach('a', ours, reference, 1)];
  expect(lines.map(({ error, tolerance }) => error <= tolerance)).toEqual([false, false]);
});

test('the worst of no lines is refused', () => {
  expect(() => worstOf('none', [])).toThrow('nothing to compare for none');
});
