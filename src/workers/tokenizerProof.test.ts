import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTokenizerJson } from '../tokenizer/readTokenizerJson.ts';
import { tokenizerProof, type TokenizerVectors } from './tokenizerProof.ts';

const read = (path: string): string => readFileSync(new URL(`../../public/${path}`, import.meta.url), 'utf8');
const vectors = JSON.parse(read('proof/tokenizer-vectors.json')) as TokenizerVectors;
const tokenizerJson = read('models/starter/tokenizer.json');
const tokenizer = readTokenizerJson(tokenizerJson, 'tokenizer.json');

test('the starter tokenizer gives the reference ids', async () => {
  const line = await tokenizerProof(tokenizer, tokenizerJson, vectors);
  expect(line).toMatchObject({ verdict: 'holds' });
  expect(line.finding).toMatch(/^1\d\d texts give the same ids/u);
});

test('one other id fails, and the text is named', async () => {
  const changed = structuredClone(vectors) as unknown as {
    vocabularies: { vectors: { text: string; ids: number[] }[] }[];
  };
  for (const vocabulary of changed.vocabularies) vocabulary.vectors[3]!.ids[0]! += 1;
  const line = await tokenizerProof(tokenizer, tokenizerJson, changed as unknown as TokenizerVectors);
  expect(line).toMatchObject({ verdict: 'fails' });
  expect(line.finding).toContain(JSON.stringify(vectors.vocabularies[0]!.vectors[3]!.text));
});

test('a vocabulary without vectors is not tried', async () => {
  const none = { ...vectors, vocabularies: [] };
  expect(await tokenizerProof(tokenizer, tokenizerJson, none)).toMatchObject({ verdict: 'not tried' });
});
