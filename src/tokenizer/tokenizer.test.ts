import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readTokenizerJson } from './readTokenizerJson.ts';
import type { Tokenizer } from './tokenizer.ts';
import { processorMs } from '../test/processorMs.ts';

// Golden tables from Hugging Face `tokenizers`, made by src/test/golden/tokenizer/make_golden.py.
interface GoldenCase {
  text: string;
  ids: number[];
  pieces: string[];
  decoded: string;
  decodedWithSpecials: string;
}

const golden = new URL('../test/golden/tokenizer/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, golden), 'utf8');
const smallText = read('small-tokenizer.json');
const small = readTokenizerJson(smallText);
const smallGolden = JSON.parse(read('small-golden.json')) as {
  cases: GoldenCase[];
  variants: { name: string; change: Record<string, unknown>; cases: GoldenCase[] }[];
};
const t5File = new URL('../../../shared/data/t5-tokenizer/tokenizer.json', import.meta.url);

/** The cases as our tokenizer does them: the ids of the text, and the text of the reference's ids. */
function tableOf(tokenizer: Tokenizer, cases: readonly GoldenCase[]): GoldenCase[] {
  return cases.map(({ text, ids }) => ({
    text,
    ids: Array.from(tokenizer.encode(text)),
    pieces: tokenizer.encodeWithPieces(text).map((token) => token.piece),
    decoded: tokenizer.decode(ids),
    decodedWithSpecials: tokenizer.decode(ids, { skipSpecialTokens: false }),
  }));
}

test(`ids, pieces and decoded text are the reference's on ${smallGolden.cases.length} texts`, () => {
  expect(smallGolden.cases.length).toBeGreaterThan(400);
  expect(tableOf(small, smallGolden.cases)).toEqual(smallGolden.cases);
});

test.skipIf(!existsSync(t5File))(
  `the T5 vocabulary gives the reference's ids${existsSync(t5File) ? '' : ' (skipped: ../shared/data/t5-tokenizer is not here)'}`,
  () => {
    const t5 = readTokenizerJson(readFileSync(t5File, 'utf8'));
    expect([t5.vocabularySize, t5.padId, t5.eosId, t5.unkId]).toEqual([32100, 0, 1, 2]);
    const { cases } = JSON.parse(read('t5-golden.json')) as { cases: GoldenCase[] };
    expect(tableOf(t5, cases)).toEqual(cases);
  },
);

const starterFile = new URL('../../public/models/starter/tokenizer.json', import.meta.url);
test("the starter model's tokenizer keeps plain text", () => {
  const starter = readTokenizerJson(readFileSync(starterFile, 'utf8'), 'tokenizer.json');
  const text = 'Summarize the conversation: "Are you in?" asked Tom (twice). It costs $4.50!';
  expect([starter.padId, starter.eosId, starter.unkId]).toEqual([0, 1, 2]);
  expect(starter.decode(starter.encode(text))).toBe(text);
  expect(starter.pieceToId('<extra_id_0>')).toBe(starter.vocabularySize - 1);
});

/** Builds the file of a variant as make_golden.py's `variant` does. */
function variantText(change: Record<string, unknown>): string {
  type Part = Record<string, unknown>;
  const file = JSON.parse(smallText) as Part & {
    added_tokens: Part[];
    model: Part & { vocab: [string, number][] };
  };
  const charsmap = file['normalizer'];
  const size = file.model.vocab.length;
  for (const key of ['pre_tokenizer', 'decoder']) file[key] = change[key] ?? file[key];
  if (Array.isArray(change['normalizer'])) {
    const normalizers = change['normalizer'].map((step: unknown) =>
      step === 'Precompiled' ? charsmap : step,
    );
    file['normalizer'] = { type: 'Sequence', normalizers };
  }
  file.model.vocab = (change['vocab'] ?? file.model.vocab) as [string, number][];
  const extra = (change['extra_tokens'] ?? []) as Part[];
  file.added_tokens.push(...extra.map((token, i) => ({ id: size + i, ...token })));
  if (change['byte_pieces'] === true) {
    file.model['byte_fallback'] = true;
    for (let byte = 0; byte < 256; byte++) {
      file.model.vocab.push([`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, 0]);
    }
  }
  return JSON.stringify(file);
}

describe.each(smallGolden.variants)('a file with $name', ({ change, cases }) => {
  test("gives the reference's ids, pieces and text", () => {
    // Scores written by JSON.stringify are the shortest digits, as the reference read them from Python.
    expect(tableOf(readTokenizerJson(variantText(change)), cases)).toEqual(cases);
  });
});

describe('encodeWithPieces', () => {
  const places = (text: string): string[] =>
    small.encodeWithPieces(text, { addSpecialTokens: false }).map(({ start, end }) => text.slice(start, end));

  test('tells where each token comes from, in order and without overlap', () => {
    for (const { text } of smallGolden.cases) {
      let at = 0;
      for (const { start, end } of small.encodeWithPieces(text)) {
        expect(start).toBeGreaterThanOrEqual(at);
        expect(end).toBeGreaterThanOrEqual(start);
        at = start;
      }
      expect(at).toBeLessThanOrEqual(text.length);
    }
  });

  test('covers every character that is not white space in plain text', () => {
    expect(places('The harbour  was\nquiet.').join('')).toBe('Theharbourwasquiet.');
  });

  test('gives what a normalised character was before', () => {
    expect(places('ﬁsh </s>Ｔｈｅ').join('|')).toContain('Ｔｈｅ');
    expect(places('x</s>y')).toContain('</s>');
    expect(places('cafe\u0301').join('')).toBe('cafe\u0301');
  });

  test('gives ids that encode gives', () => {
    const text = 'one <extra_id_0> two';
    expect(small.encodeWithPieces(text).map(({ id }) => id)).toEqual([...small.encode(text)]);
  });
});

test('special tokens can be left off', () => {
  const withEos = small.encode('the boat');
  expect([...small.encode('the boat', { addSpecialTokens: false })]).toEqual(
    Array.from(withEos.slice(0, -1)),
  );
  expect(withEos.at(-1)).toBe(small.eosId);
});

test('lone surrogates are read as U+FFFD', () => {
  expect(small.encode('a\ud800b')).toEqual(small.encode('a\ufffdb'));
  expect(small.encode('\udc00')).toEqual(small.encode('\ufffd'));
});

test('ids outside of the vocabulary decode to nothing', () => {
  expect(small.decode([...small.encode('the boat'), 5000, -1])).toBe('the boat');
});

test('pieces and ids name each other', () => {
  expect(small.pieceToId('<extra_id_0>')).toBe(small.vocabularySize - 1);
  expect(small.idToPiece(small.eosId)).toBe('</s>');
  expect(small.idToPiece(small.vocabularySize)).toBeUndefined();
  expect(small.pieceToId('no such piece')).toBeUndefined();
});

test('half a megabyte of prose and a word of half a megabyte take less than twelve seconds', async () => {
  const prose = 'The harbour was quiet when the first boat came in, and nobody said “hello”. '.repeat(7000);
  let ids: Int32Array = new Int32Array();
  const tookMs = await processorMs(() => {
    ids = small.encode(prose);
    expect(small.encode('x'.repeat(500_000)).length).toBeGreaterThan(1000);
  });
  expect(tookMs).toBeLessThan(12_000);
  expect(small.decode(ids).length).toBeGreaterThan(500_000);
});
