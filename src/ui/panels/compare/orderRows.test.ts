import { expect, it } from 'vitest';
import type { ComparisonRow } from '../../../eval/comparison.ts';
import { gainOf, orderRows } from './orderRows.ts';

const output = (rougeL: number) => ({
  text: '',
  tokenCount: 1,
  promptTokenCount: 1,
  elapsedMs: 1,
  rougeL,
  exactMatch: false,
});
const row = (rowIndex: number, base: number, tuned?: number): ComparisonRow => ({
  rowIndex,
  prompt: '',
  reference: '',
  outputs: { prompt: output(base), ...(tuned === undefined ? {} : { tuned: output(tuned) }) },
});
const rows = [row(0, 0.5, 0.25), row(1, 0.25), row(2, 0, 1), row(3, 0.5, 0.25)];
const indices = (ordered: readonly ComparisonRow[]) => ordered.map(({ rowIndex }) => rowIndex);

it('orders by gain, row number and completeness', () => {
  expect(gainOf(rows[0]!, 'prompt', 'tuned')).toBe(-0.25);
  expect(gainOf(rows[1]!, 'prompt', 'tuned')).toBeUndefined();
  expect(indices(orderRows(rows, 'best', 'prompt', 'tuned'))).toEqual([2, 0, 3, 1]);
  expect(indices(orderRows(rows, 'worst', 'prompt', 'tuned'))).toEqual([0, 3, 2, 1]);
});

it('shuffles the same way each time and loses nothing', () => {
  const shuffled = indices(orderRows(rows, 'random', 'prompt', 'tuned'));
  expect(shuffled).toEqual(indices(orderRows(rows, 'random', 'prompt', 'tuned')));
  expect([...shuffled].sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
});
