import Papa from 'papaparse';
import { expect, it } from 'vitest';
import type { ComparisonRow } from '../../../eval/comparison.ts';
import { PLAIN_DECODING } from '../../../state/decoding.ts';
import { answersCsv, answersJson } from './answersFiles.ts';

const rows: ComparisonRow[] = [
  {
    rowIndex: 4,
    prompt: 'Say "hi",\nthen stop.',
    reference: 'hi',
    outputs: {
      prompt: {
        text: 'a, b',
        tokenCount: 3,
        promptTokenCount: 9,
        elapsedMs: 20,
        rougeL: 0,
        exactMatch: false,
      },
      tuned: { text: 'hi', tokenCount: 2, promptTokenCount: 9, elapsedMs: 15, rougeL: 1, exactMatch: true },
    },
  },
];

it('writes CSV that a CSV reader gives back unchanged', () => {
  const { data } = Papa.parse<Record<string, string>>(answersCsv(rows).trimEnd(), { header: true });
  expect(data).toHaveLength(1);
  expect(data[0]).toMatchObject({
    row: '5',
    input: 'Say "hi",\nthen stop.',
    prompt_answer: 'a, b',
    tuned_answer: 'hi',
    tuned_exact_match: 'true',
  });
  expect(Object.keys(data[0]!)).not.toContain('rag_answer');
});

it('writes JSON with the settings beside the rows', () => {
  const decoding = { ...PLAIN_DECODING, numBeams: 4 };
  const parsed = JSON.parse(answersJson(rows, { model: 'starter', adapter: 'chats', decoding })) as {
    decoding: unknown;
    rows: unknown;
  };
  expect(parsed.decoding).toEqual(decoding);
  expect(parsed.rows).toEqual(rows);
});
