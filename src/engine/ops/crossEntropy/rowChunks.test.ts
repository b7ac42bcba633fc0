import { expect, test } from 'vitest';
import { LOGITS_BYTES, rowChunks } from './rowChunks.ts';

test.each([
  [1, 32128],
  [256, 32128],
  [1024, 32128],
  [1000, 50000],
  [7, 3],
  [300, 4_000_000],
])('%i rows of %i logits are covered once, in bounded chunks', (rowCount, vocabSize) => {
  const chunks = rowChunks(rowCount, vocabSize);
  let next = 0;
  for (const { start, rows } of chunks) {
    expect(start).toBe(next);
    expect(rows).toBeGreaterThan(0);
    expect(rows * vocabSize * 4).toBeLessThanOrEqual(Math.max(LOGITS_BYTES, 8 * vocabSize * 4));
    next += rows;
  }
  expect(next).toBe(rowCount);
});

test('chunks are about equal', () => {
  expect(rowChunks(20, 10, 16)).toEqual([
    { start: 0, rows: 16 },
    { start: 16, rows: 4 },
  ]);
  expect(rowChunks(1024, 32128).map(({ rows }) => rows)).toEqual([256, 256, 256, 256]);
});
