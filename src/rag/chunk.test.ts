import { expect, test } from 'vitest';
import { chunkText } from './chunk.ts';
import { countWords } from './textUnits.ts';
import { processorMs } from '../test/processorMs.ts';

const sentence = (n: number): string => `Sentence number ${n} tells of boats and of the sea.`;
const sentences = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => sentence(from + i)).join(' ');

test('a short text is one passage with its source and lines', () => {
  expect(chunkText('\nThe boat left.\r\nIt came back.\n', 'log.txt')).toEqual([
    { source: 'log.txt', heading: '', text: 'The boat left. It came back.', firstLine: 2, lastLine: 3 },
  ]);
  expect(chunkText('', 'empty.txt')).toEqual([]);
  expect(chunkText(' \n\n---\n', 'rule.md')).toEqual([]);
});

test('passages have 80 to 120 words plus what they share, and end with whole sentences', () => {
  const passages = chunkText(sentences(0, 60), 'long.txt');
  expect(passages.length).toBeGreaterThan(4);
  for (const { text } of passages) {
    expect(countWords(text)).toBeLessThanOrEqual(145);
    expect(text).toMatch(/^Sentence number \d+ .*sea\.$/);
  }
  for (const { text } of passages.slice(0, -1)) expect(countWords(text)).toBeGreaterThanOrEqual(80);
});

test('neighbours share sentences and no sentence is lost', () => {
  const passages = chunkText(sentences(0, 60), 'long.txt');
  for (let n = 0; n < 60; n++) expect(passages.some(({ text }) => text.includes(sentence(n)))).toBe(true);
  for (let i = 1; i < passages.length; i++) {
    const first = /^.*?sea\./.exec(passages[i]!.text)![0];
    expect(passages[i - 1]!.text).toContain(first);
  }
});

test('a passage ends with its paragraph once it is long enough', () => {
  const [first, second] = chunkText(`${sentences(0, 9)}\n\n${sentences(20, 30)}`, 'two.txt');
  expect(first!.text).toBe(sentences(0, 9));
  expect([second!.firstLine, second!.lastLine]).toEqual([1, 3]);
});

test('headings are named, deeper ones below higher ones, and sections do not mix', () => {
  const passages = chunkText(
    `# Island\n\n## Harbour\n${sentences(0, 6)}\n\n## Lighthouse\n### Keeper\n${sentences(10, 16)}\n\n# City\nShort.\n`,
    'guide.md',
  );
  expect(passages.map(({ heading, firstLine, lastLine }) => [heading, firstLine, lastLine])).toEqual([
    ['Island › Harbour', 4, 4],
    ['Island › Lighthouse › Keeper', 8, 8],
    ['City', 11, 11],
  ]);
});

test('what a passage shares does not reach into the next section', () => {
  // The first section ends exactly where its last passage does.
  const text = `# Log\n## Sea\n${sentences(0, 9)}\n\n## Land\n${sentences(20, 26)}\n`;
  expect(chunkText(text, 'log.md').map(({ heading, text: shown }) => [heading, shown])).toEqual([
    ['Log › Sea', sentences(0, 9)],
    ['Log › Land', sentences(20, 26)],
  ]);
});

test('short sections go together and keep their headings in the text', () => {
  const [only, ...rest] = chunkText(
    '# Fish\n## Cod\nLives deep.\n## Eel\n- is long\n- is **quick**\n',
    'fish.md',
  );
  expect(rest).toEqual([]);
  expect(only).toMatchObject({ heading: 'Fish › Cod', text: 'Lives deep.\nEel: - is long\n- is quick' });
});

test('sentences know the lines they come from', () => {
  const lines = Array.from({ length: 40 }, (_, i) => sentence(i));
  for (const { text, firstLine, lastLine } of chunkText(lines.join('\n'), 'lines.txt')) {
    expect(text).toBe(lines.slice(firstLine! - 1, lastLine).join(' '));
  }
});

test('text without sentences or spaces is cut all the same', () => {
  const words = Array.from({ length: 500 }, (_, i) => `w${i}`).join(' ');
  const passages = chunkText(words, 'words.txt');
  expect(passages.length).toBeGreaterThanOrEqual(5);
  expect(
    passages
      .map(({ text }) => text)
      .join(' ')
      .split(' ').length,
  ).toBeGreaterThanOrEqual(500);
  const ideographs = '字'.repeat(3000);
  expect(chunkText(ideographs, 'zh.txt').every(({ text }) => text.length <= 400)).toBe(true);
});

test('abbreviations and numbers do not end a sentence', () => {
  const filler = sentences(0, 8);
  const text = `${filler} Dr. Smith paid 3.50 to J. Doe.`;
  expect(chunkText(text, 'x.txt').at(-1)!.text).toContain('Dr. Smith paid 3.50 to J. Doe.');
});

test('a megabyte of one line takes less than ten seconds', async () => {
  const work = () => expect(chunkText(sentences(0, 20_000), 'big.txt').length).toBeGreaterThan(1000);
  expect(await processorMs(work)).toBeLessThan(10_000);
});
