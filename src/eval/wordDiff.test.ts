import { expect, test } from 'vitest';
import { wordDiff } from './wordDiff.ts';

test('words of one side only are marked by side', () => {
  expect(wordDiff('Tom bought two apples.', 'Tom bought three apples.')).toEqual([
    { text: 'Tom bought ', kind: 'same' },
    { text: 'two', kind: 'missing' },
    { text: 'three', kind: 'added' },
    { text: ' apples.', kind: 'same' },
  ]);
});

test('equal, empty and disjoint texts', () => {
  expect(wordDiff('same text', 'same text')).toEqual([{ text: 'same text', kind: 'same' }]);
  expect(wordDiff('', 'new')).toEqual([{ text: 'new', kind: 'added' }]);
  expect(wordDiff('old', '')).toEqual([{ text: 'old', kind: 'missing' }]);
  expect(wordDiff('', '')).toEqual([]);
});

test('same and added together spell the output', () => {
  const output = 'The keeper told them: "199 steps", and smiled.';
  const segments = wordDiff('The old keeper told us "199 steps" and he smiled', output);
  const spelled = segments.filter(({ kind }) => kind !== 'missing').map(({ text }) => text);
  expect(spelled.join('').replaceAll(/\s+/g, '')).toBe(output.replaceAll(/\s+/g, ''));
});

test('two long texts with nothing in common end in two blocks', () => {
  const words = (letter: string): string => Array.from({ length: 5000 }, (_, i) => `${letter}${i}`).join(' ');
  expect(wordDiff(words('a'), words('b')).map(({ kind }) => kind)).toEqual(['missing', 'added']);
});
