import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTokenizerJson } from './readTokenizerJson.ts';

// Run by src/test/golden/tokenizer/compare_tokenizers.py, which sets both variables.
const tokenizerFile = process.env['PARITY_TOKENIZER'];
const referenceFile = process.env['PARITY_REFERENCE'];

test('no difference from the reference on much text', (context) => {
  if (tokenizerFile === undefined || referenceFile === undefined) {
    return context.skip('the text comes from compare_tokenizers.py, which runs this test');
  }
  const tokenizer = readTokenizerJson(readFileSync(tokenizerFile, 'utf8'), tokenizerFile);
  const rows = readFileSync(referenceFile, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { text: string; ids: number[]; decoded: string });
  const startedAt = performance.now();
  const ours = rows.map(({ text }) => tokenizer.encode(text));
  const seconds = (performance.now() - startedAt) / 1000;
  const different = rows.filter(
    ({ ids, decoded }, i) => ours[i]!.join() !== ids.join() || tokenizer.decode(ids) !== decoded,
  );
  const characterCount = rows.reduce((sum, { text }) => sum + text.length, 0);
  console.log(
    `${rows.length} texts, ${different.length} different; ${(characterCount / 1e6 / seconds).toFixed(2)} million characters/s`,
  );
  expect(different.slice(0, 3)).toEqual([]);
  return undefined;
});
