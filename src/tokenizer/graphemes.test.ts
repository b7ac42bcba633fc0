import { expect, test } from 'vitest';
import { makePrng } from '../lib/prng.ts';
import { forEachGrapheme } from './graphemes.ts';
import { processorMs } from '../test/processorMs.ts';

const graphemes = (text: string): string[] => {
  const found: string[] = [];
  forEachGrapheme(text, (from, to) => found.push(text.slice(from, to)));
  return found;
};
const reference = (text: string): string[] =>
  Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), (part) => part.segment);

test('graphemes are those of Intl.Segmenter on random text of joining and simple characters', () => {
  const prng = makePrng(5);
  const ranges = [[0x20, 0x7e], [0x0a, 0x0d], [0xa0, 0x36f], [0x370, 0x6ff], [0x900, 0xdff], [0xe00, 0xe7f], [0x1100, 0x11ff],
    [0x1e00, 0x2070], [0x3000, 0x30ff], [0x4e00, 0x4e20], [0xac00, 0xac40], [0xfe00, 0xfe0f], [0xff00, 0xffa0],
    [0x1f1e6, 0x1f1ff], [0x1f466, 0x1f469], [0x1f3fb, 0x1f3ff]] as const; // prettier-ignore
  for (let i = 0; i < 2000; i++) {
    let text = '';
    while (text.length < 150) {
      const [first, last] = ranges[prng.below(ranges.length)]!;
      text += String.fromCodePoint(first + prng.below(last - first + 1));
      if (prng.below(5) === 0) text += ['\u200d', '\u0301', '\u0600', '\u094d', '\r\n'][prng.below(5)]!;
    }
    expect(graphemes(text)).toEqual(reference(text));
  }
});

test('graphemes are those of Intl.Segmenter for every character of the basic plane beside its neighbours', () => {
  for (let first = 0; first < 0xd800; first += 256) {
    const characters = Array.from({ length: 256 }, (_, k) => String.fromCharCode(first + k));
    const text = characters.join('');
    expect(graphemes(text)).toEqual(reference(text));
    // Every one between two letters.
    expect(graphemes(characters.join('a'))).toEqual(reference(characters.join('a')));
  }
});

test('graphemes longer than a window stay whole', () => {
  const tower = `e${'\u0301'.repeat(1000)}`;
  const flags = '🇩🇪'.repeat(100);
  expect(graphemes(`${tower}ñ${flags}`)).toEqual([tower, 'ñ', ...Array.from({ length: 100 }, () => '🇩🇪')]);
});

test('time grows with the length of the text, not with its square', async () => {
  const work = () => expect(graphemes('e\u0301\u0e01\u0e33'.repeat(25_000)).length).toBe(50_000);
  expect(await processorMs(work)).toBeLessThan(10_000);
});
