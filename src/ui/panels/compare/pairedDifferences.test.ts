import { expect, it } from 'vitest';
import { summarise, type ComparisonRow } from '../../../eval/comparison.ts';
import { pairedDifferences } from './pairedDifferences.ts';

const output = (rougeL: number) => ({
  text: '',
  tokenCount: 1,
  promptTokenCount: 1,
  elapsedMs: 1,
  rougeL,
  exactMatch: false,
});
const rows: ComparisonRow[] = [0.1, 0.4, 0.2, 0.6].map((gain, rowIndex) => ({
  rowIndex,
  prompt: '',
  reference: '',
  outputs: { prompt: output(0.2), tuned: output(0.2 + gain) },
}));

it('gives the same numbers as the verdict', () => {
  const [difference, ...others] = pairedDifferences(rows, 7);
  expect(others).toEqual([]);
  const { tunedMinusPrompt } = summarise(rows, 7);
  expect(difference).toEqual({
    arm: 'tuned',
    against: 'prompt',
    mean: tunedMinusPrompt?.mean,
    low: tunedMinusPrompt?.low,
    high: tunedMinusPrompt?.high,
  });
  expect(difference?.mean).toBeCloseTo(0.325, 12);
});
