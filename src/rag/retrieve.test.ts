import { existsSync, readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { buildBm25Index, retrieve } from './bm25Index.ts';
import { chunkText } from './chunk.ts';
import type { Passage } from './passage.ts';
import { rowPassages } from './rowPassages.ts';
import { queryTerms, searchTerms } from './searchTerms.ts';

const passage = (text: string, heading = ''): Passage => ({ source: 'a.txt', heading, text });
const harbour = [
  passage('The harbour has room for 1,200 boats.'),
  passage('The lighthouse keeper climbed the stairs each night.'),
  passage('Fishing boats return at noon; a boat may stay two nights.'),
  passage('Bread is baked at four in the morning.', 'Bakery'),
  passage('燈台の高さは三十メートルです。'),
];

describe('searchTerms', () => {
  test('folds case, endings, accents, width and thousands', () => {
    expect(searchTerms('Boats BOAT ｂｏａｔｓ')).toEqual(['boat', 'boat', 'boat']);
    expect(searchTerms('café Cafe\u0301')).toEqual(['cafe', 'cafe'].map((term) => searchTerms(term)[0]));
    expect(searchTerms('1,200 1200 3.5 12:30')).toEqual(['1200', '1200', '3.5', '12:30']);
  });

  test('cuts scripts without spaces into pairs and leaves others whole', () => {
    expect(searchTerms('燈台の')).toEqual(['燈台', '台の']);
    expect(searchTerms('字')).toEqual(['字']);
    expect(searchTerms('हिन्दी')).toEqual(['हिन्दी']);
  });

  test('questions lose words that say nothing, unless they have no others', () => {
    expect(queryTerms('What is the height of the lighthouse?')).toEqual(searchTerms('height lighthouse'));
    expect(queryTerms('Who are you?')).toEqual(searchTerms('Who are you'));
  });
});

describe('retrieve', () => {
  test('finds the passage that shares the telling words, best first', async () => {
    const index = await buildBm25Index(harbour);
    const found = retrieve(index, 'How long may a boat stay?', 3);
    expect(found.map(({ text }) => text)).toEqual([harbour[2]!.text, harbour[0]!.text]);
    expect(found[0]!.score).toBeGreaterThan(found[1]!.score);
    expect(retrieve(index, 'the bakery', 1)[0]).toMatchObject(harbour[3]!);
    expect(retrieve(index, '燈台', 1)[0]).toMatchObject(harbour[4]!);
    expect(retrieve(index, 'zebra', 3)).toEqual([]);
    expect(retrieve(index, '', 3)).toEqual([]);
  });

  test('scores are BM25+ with k 1.2, b 0.75, d 0.5', async () => {
    const index = await buildBm25Index([
      passage('alpha beta'),
      passage('alpha alpha gamma delta'),
      passage('beta gamma'),
    ]);
    const idf = Math.log(1 + (3 - 2 + 0.5) / (2 + 0.5));
    // minisearch takes the number of different terms as the length.
    const averageLength = (2 + 3 + 2) / 3;
    const score = (count: number, length: number): number =>
      idf * (0.5 + (count * 2.2) / (count + 1.2 * (0.25 + (0.75 * length) / averageLength)));
    const found = retrieve(index, 'alpha', 3);
    expect(found.map(({ text }) => text.length)).toEqual([23, 10]);
    expect(found.map((hit) => hit.score)).toBeAllClose([score(2, 3), score(1, 2)], { atol: 1e-9, rtol: 0 });
  });

  test('of a very long question the rare words are the ones looked up', async () => {
    const common = Array.from({ length: 40 }, (_, i) => `common${i}`).join(' ');
    const index = await buildBm25Index([
      ...Array.from({ length: 9 }, (_, i) => passage(`${common} filler${i}`)),
      passage('only the rare zebra'),
    ]);
    const found = retrieve(index, `${common} zebra`, 10).map(({ text }) => text);
    expect(found).toContain('only the rare zebra');
  });

  test('a training row never finds itself', async () => {
    const rows = [
      { rowIndex: 7, input: 'Where is my order?', target: 'orders' },
      { rowIndex: 9, input: 'My order is late.', target: 'delays' },
    ];
    const index = await buildBm25Index(rowPassages(rows, 'train.csv'));
    expect(retrieve(index, rows[0]!.input, 5).map(({ rowIndex }) => rowIndex)).toEqual([7, 9]);
    expect(
      retrieve(index, rows[0]!.input, 5, { excludedRowIndex: 7 }).map(({ rowIndex }) => rowIndex),
    ).toEqual([9]);
  });

  test('indexing reports progress and can be stopped', async () => {
    const many = Array.from({ length: 1200 }, (_, i) => passage(`passage ${i}`));
    const done: number[] = [];
    await buildBm25Index(many, { onProgress: (progress) => done.push(progress.done) });
    expect(done).toEqual([500, 1000, 1200]);
    const abort = new AbortController();
    const stopped = buildBm25Index(many, {
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('stop')),
    });
    await expect(stopped).rejects.toThrow('stop');
  });
});

const corpusFile = new URL('../../../shared/data/benchmarks/factbook/corpus.zip', import.meta.url);
const isHere = existsSync(corpusFile);
test.skipIf(!isHere)(
  `questions on a factbook find their document first${isHere ? '' : ' (skipped: ../shared/data/benchmarks is not here)'}`,
  async () => {
    const files = Object.entries(unzipSync(new Uint8Array(readFileSync(corpusFile)))).slice(0, 20);
    const index = await buildBm25Index(files.flatMap(([name, bytes]) => chunkText(strFromU8(bytes), name)));
    const questions = readFileSync(new URL('questions.jsonl', corpusFile), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { question: string; document: string })
      .filter(({ document }) => files.some(([name]) => name.endsWith(`/${document}`)));
    const hits = questions.filter(({ question, document }) =>
      retrieve(index, question, 1)[0]?.source.endsWith(`/${document}`),
    );
    expect(questions.length).toBeGreaterThan(30);
    expect(hits.length / questions.length).toBeGreaterThan(0.9);
  },
);
