import { expect, it } from 'vitest';
import { decodeText } from './decodeText.ts';

it.each([
  ['UTF-8', [0x68, 0xc3, 0xa9], { text: 'hé', encoding: 'UTF-8', hadByteOrderMark: false, isGuess: false }],
  ['UTF-8 with BOM', [0xef, 0xbb, 0xbf, 0x68], { text: 'h', encoding: 'UTF-8', hadByteOrderMark: true }],
  [
    'UTF-16LE with BOM',
    [0xff, 0xfe, 0x68, 0, 0xe9, 0],
    { text: 'hé', encoding: 'UTF-16LE', hadByteOrderMark: true },
  ],
  [
    'UTF-16BE with BOM',
    [0xfe, 0xff, 0, 0x68, 0, 0xe9],
    { text: 'hé', encoding: 'UTF-16BE', hadByteOrderMark: true },
  ],
  [
    'UTF-16BE without BOM',
    [0, 0x68, 0, 0xe9, 0, 0x21, 0, 0x21],
    { text: 'hé!!', encoding: 'UTF-16BE', isGuess: true },
  ],
  ['a single Latin-1 byte', [0x68, 0xe9], { text: 'hé', encoding: 'windows-1252', isGuess: true }],
  [
    'windows-1252 quotes',
    [0x93, 0x68, 0x69, 0x94],
    { text: '“hi”', encoding: 'windows-1252', isGuess: true },
  ],
])('%s', (_name, bytes, expected) => {
  expect(decodeText(Uint8Array.from(bytes), 'a.csv')).toMatchObject(expected);
});

it('reads Shift_JIS as such', () => {
  // "これは日本語の文章です。" twice, in Shift_JIS.
  const sentence = [
    0x82, 0xb1, 0x82, 0xea, 0x82, 0xcd, 0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea, 0x82, 0xcc, 0x95, 0xb6, 0x8f,
    0xcd, 0x82, 0xc5, 0x82, 0xb7, 0x81, 0x42,
  ];
  const decoded = decodeText(Uint8Array.from([...sentence, 0x0a, ...sentence]), 'a.txt');
  expect(decoded).toMatchObject({
    encoding: 'Shift_JIS',
    text: 'これは日本語の文章です。\nこれは日本語の文章です。',
  });
});
