import { expect, test } from 'vitest';
import { corpusBleu } from './bleu.ts';
import { corpusChrF } from './chrF.ts';
import { scoreOutput, summarise, type Arm, type ComparisonRow } from './comparison.ts';

function rowOf(rowIndex: number, reference: string, texts: Partial<Record<Arm, string>>): ComparisonRow {
  const outputs: ComparisonRow['outputs'] = {};
  for (const [arm, text] of Object.entries(texts) as [Arm, string][]) {
    outputs[arm] = {
      text,
      tokenCount: 1,
      promptTokenCount: 1,
      elapsedMs: 1,
      ...scoreOutput(reference, text),
    };
  }
  return { rowIndex, prompt: 'Question', reference, outputs };
}

const repeat = (count: number, make: (i: number) => ComparisonRow): ComparisonRow[] =>
  Array.from({ length: count }, (_, i) => make(i));

test('outputs are scored by ROUGE-L with stems and by exact match', () => {
  expect(scoreOutput('The boats were returning.', 'the boats were returning')).toEqual({
    rougeL: 1,
    exactMatch: true,
  });
  expect(scoreOutput('four boats return', 'four boat returning').rougeL).toBe(1);
  expect(scoreOutput('yes', 'no')).toEqual({ rougeL: 0, exactMatch: false });
});

test('means and shares are those of the rows each arm answered', () => {
  const rows = [
    rowOf(0, 'a b', { prompt: 'x', tuned: 'a b' }),
    rowOf(1, 'c d', { prompt: 'c d', rag: 'c d' }),
    rowOf(2, 'e f', { prompt: 'y', tuned: 'z' }),
  ];
  const { arms, tunedMinusPrompt } = summarise(rows);
  expect(arms.prompt).toMatchObject({ count: 3, exactMatchShare: 1 / 3, rougeL: { mean: 1 / 3 } });
  expect(arms.tuned).toMatchObject({ count: 2, exactMatchShare: 0.5, rougeL: { mean: 0.5 } });
  expect(arms.rag).toMatchObject({ count: 1, exactMatchShare: 1 });
  expect(arms['tuned-rag']).toBeUndefined();
  expect(tunedMinusPrompt).toMatchObject({ count: 2, mean: 0.5 });
});

test('BLEU and chrF are of all answers of an arm at once, between 0 and 1', () => {
  const rows = [
    rowOf(0, 'The boat returned to the harbour.', { tuned: 'The boat returned to the harbour.' }),
    rowOf(1, 'It rained all day long.', { tuned: 'It snowed for a week.', prompt: '' }),
  ];
  const { tuned, prompt } = summarise(rows).arms;
  const pairs = rows.map(({ reference, outputs }) => ({ reference, output: outputs.tuned!.text }));
  expect([tuned!.bleu, tuned!.chrF]).toEqual([corpusBleu(pairs) / 100, corpusChrF(pairs) / 100]);
  expect(tuned!.bleu).toBeGreaterThan(0.3);
  expect(tuned!.bleu).toBeLessThan(0.7);
  expect([prompt!.bleu, prompt!.chrF]).toEqual([0, 0]);
});

test('the verdict says that tuning helped when the interval lies above zero', () => {
  const rows = repeat(20, (i) =>
    rowOf(i, 'one two three', { prompt: i % 4 === 0 ? 'one' : 'none', tuned: 'one two three' }),
  );
  const { verdict, tunedMinusPrompt } = summarise(rows);
  expect(tunedMinusPrompt!.low).toBeGreaterThan(0);
  expect(verdict).toMatch(/^Fine-tuning raised ROUGE-L by 87\.5 points on 20 held-out rows \(95 % interval /);
});

test('the verdict says that tuning hurt when the interval lies below zero', () => {
  const rows = repeat(20, (i) =>
    rowOf(i, 'one two', { prompt: 'one two', tuned: i % 4 === 0 ? 'one' : 'none' }),
  );
  expect(summarise(rows).verdict).toMatch(/^Fine-tuning lowered ROUGE-L by \d+\.\d points/);
});

test('the verdict cannot tell when the interval holds zero', () => {
  const rows = repeat(20, (i) =>
    rowOf(i, 'one', { prompt: i % 5 < 2 ? 'one' : 'none', tuned: i % 5 < 2 ? 'none' : 'one' }),
  );
  const { verdict, tunedMinusPrompt } = summarise(rows);
  expect(tunedMinusPrompt!.mean).toBeCloseTo(0.2, 9);
  expect(tunedMinusPrompt!.low).toBeLessThan(0);
  expect(tunedMinusPrompt!.high).toBeGreaterThan(0);
  expect(verdict).toMatch(/^Cannot tell whether fine-tuning helped: .* includes zero\.$/);
});

test('equal outputs and few rows cannot tell either', () => {
  const same = repeat(10, (i) => rowOf(i, 'one', { prompt: 'one', tuned: 'one' }));
  expect(summarise(same).verdict).toContain('Cannot tell');
  const few = repeat(4, (i) => rowOf(i, 'one', { prompt: 'x', tuned: 'one' }));
  expect(summarise(few).verdict).toBe(
    'Cannot tell from 4 held-out rows whether fine-tuning helped; compare at least 5.',
  );
  expect(summarise([]).verdict).toContain('No row');
});

test('the same rows and seed give the same summary', () => {
  const rows = repeat(12, (i) =>
    rowOf(i, 'one two', { prompt: 'two', tuned: i % 3 === 0 ? 'one' : 'one two' }),
  );
  expect(summarise(rows, 3)).toEqual(summarise(rows, 3));
});
