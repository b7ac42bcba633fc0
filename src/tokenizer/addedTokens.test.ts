import { expect, test } from 'vitest';
import { makeTokenSplitter, type AddedToken } from './addedTokens.ts';

const token = (id: number, content: string, flags: Partial<AddedToken> = {}): AddedToken => ({
  id,
  content,
  isSingleWord: false,
  stripsLeft: false,
  stripsRight: false,
  isNormalized: false,
  isSpecial: true,
  ...flags,
});

function split(text: string, tokens: readonly AddedToken[]): string[] {
  const splitter = makeTokenSplitter(
    tokens,
    tokens.map(({ content }) => content),
  );
  return splitter(text).map(({ id, from, to }) => `${id}:${text.slice(from, to)}`);
}

test('the leftmost match counts, and of those the longest', () => {
  const tokens = [token(1, '<a>'), token(2, '<a>b'), token(3, '>bc')];
  expect(split('x<a>bcx<a>', tokens)).toEqual(['-1:x', '2:<a>b', '-1:cx', '1:<a>']);
});

test('signs of regular expressions are taken literally', () => {
  expect(split('a[.*]b\\d(+)', [token(1, '[.*]'), token(2, '\\d'), token(3, '(+)')])).toEqual(['-1:a', '1:[.*]', '-1:b', '2:\\d', '3:(+)']); // prettier-ignore
});

test('single words stand free of letters, digits and marks of every script', () => {
  const tokens = [token(1, 'cab', { isSingleWord: true })];
  expect(split('cab-cab', tokens)).toEqual(['1:cab', '-1:-', '1:cab']);
  for (const text of ['écab', 'cab\u0301', '_cab', 'cab𝟙', '字cab'])
    expect(split(text, tokens)).toEqual([`-1:${text}`]);
});

test('white space is taken along on the sides asked for, but not from a token before', () => {
  const tokens = [token(1, '[L]', { stripsLeft: true }), token(2, '[R]', { stripsRight: true })];
  expect(split('a \n[L] b[R]  [L]c', tokens)).toEqual([
    '-1:a',
    '1: \n[L]',
    '-1: b',
    '2:[R]  ',
    '1:[L]',
    '-1:c',
  ]);
});

test('nothing is made of nothing', () => {
  expect(split('', [token(1, '<a>')])).toEqual([]);
  expect(split('', [])).toEqual([]);
  expect(split('text', [])).toEqual(['-1:text']);
});
