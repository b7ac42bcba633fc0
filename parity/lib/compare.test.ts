import { expect, test } from 'vitest';
import { compareEach, compareMost, compareTensors, worstOf } from './compare.ts';

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
  const lines = [
    compareTensors('a', ours, reference, 1),
    compareEach('a', ours, reference, 1),
    compareMost('a', ours, reference, 0.999, 1),
  ];
  expect(lines.map(({ error, tolerance }) => error <= tolerance)).toEqual([false, false, false]);
});

test('all values but a share are held to the tolerance', () => {
  const reference = Array.from({ length: 2001 }, (_, i) => 1 + (i % 4));
  const ours = reference.map((value, i) => value + (i < 2 ? 3 : i < 40 ? 0.04 : 0));
  const line = compareMost('most', ours, reference, 0.999, 1e-3);
  expect(line.error).toBeCloseTo(0.01, 12);
  expect(line.ours).toBeCloseTo((line.reference as number) + 0.04, 12);
  expect(compareMost('most', reference, reference, 0.999, 1e-3).error).toBe(0);
});

test('the worst of no lines is refused', () => {
  expect(() => worstOf('none', [])).toThrow('nothing to compare for none');
});
