/** Several ways to answer the same held-out rows, scored row by row and summed up. */
import { deriveSeed, makePrng } from '../lib/prng.ts';
import { corpusBleu } from './bleu.ts';
import { bootstrapMean, type Interval } from './bootstrap.ts';
import { corpusChrF } from './chrF.ts';
import { exactMatch } from './exactMatch.ts';
import { rougeL } from './rouge.ts';

/** The base model with the prompt alone, with retrieved passages, the tuned model, and the tuned model with passages. */
export type Arm = 'prompt' | 'rag' | 'tuned' | 'tuned-rag';

export const ARMS: readonly Arm[] = ['prompt', 'rag', 'tuned', 'tuned-rag'];

export interface ArmOutput {
  text: string;
  /** Tokens written. */
  tokenCount: number;
  /** Tokens read, passages included. */
  promptTokenCount: number;
  elapsedMs: number;
}

export interface OutputScores {
  /** ROUGE-L F-measure with stemming, 0 to 1. */
  rougeL: number;
  exactMatch: boolean;
}

/** A passage as it was put before the question. */
export interface ShownPassage {
  source: string;
  text: string;
  score: number;
}

export interface ComparisonRow {
  /** Index of the row in its table (0-based). */
  rowIndex: number;
  prompt: string;
  reference: string;
  outputs: Partial<Record<Arm, ArmOutput & OutputScores>>;
  /** What the rag arms were shown, best first. */
  passages?: readonly ShownPassage[];
}

export interface ArmSummary {
  /** Rows this arm answered. */
  count: number;
  /** Mean ROUGE-L with its 95 % interval, 0 to 1. */
  rougeL: Interval;
  /** Share of rows that match exactly, 0 to 1. */
  exactMatchShare: number;
  /** BLEU and chrF of all answers as one corpus, 0 to 1. */
  bleu: number;
  chrF: number;
}

export interface ComparisonSummary {
  /** Arms that answered no row are absent. */
  arms: Partial<Record<Arm, ArmSummary>>;
  /** ROUGE-L of tuned minus prompt over the rows both answered; absent when there are none. */
  tunedMinusPrompt?: Interval & { count: number };
  /** One plain sentence that follows from the numbers. */
  verdict: string;
}

/** With fewer rows the interval means little, and the verdict says so. */
const LEAST_ROWS_FOR_VERDICT = 5;

/** Scores an output. Stemming as in most published summarisation figures. */
export function scoreOutput(reference: string, text: string): OutputScores {
  return {
    rougeL: rougeL(reference, text, { usesStemmer: true }),
    exactMatch: exactMatch(reference, text),
  };
}

/** Means, intervals and the verdict; the same rows and seed give the same numbers. */
export function summarise(rows: readonly ComparisonRow[], seed = 0): ComparisonSummary {
  const arms: Partial<Record<Arm, ArmSummary>> = {};
  for (const arm of ARMS) {
    const outputs = rows.flatMap((row) => row.outputs[arm] ?? []);
    if (outputs.length === 0) continue;
    const pairs = rows.flatMap(({ reference, outputs: { [arm]: output } }) =>
      output === undefined ? [] : [{ reference, output: output.text }],
    );
    arms[arm] = {
      count: outputs.length,
      rougeL: bootstrapMean(
        outputs.map((output) => output.rougeL),
        { prng: makePrng(deriveSeed(seed, arm)) },
      ),
      exactMatchShare: outputs.filter((output) => output.exactMatch).length / outputs.length,
      bleu: corpusBleu(pairs) / 100,
      chrF: corpusChrF(pairs) / 100,
    };
  }
  const differences = rows.flatMap(({ outputs }) =>
    outputs.tuned === undefined || outputs.prompt === undefined
      ? []
      : [outputs.tuned.rougeL - outputs.prompt.rougeL],
  );
  if (differences.length === 0) {
    return { arms, verdict: 'No row has been answered both with and without fine-tuning yet.' };
  }
  const prng = makePrng(deriveSeed(seed, 'tuned minus prompt'));
  const tunedMinusPrompt = { ...bootstrapMean(differences, { prng }), count: differences.length };
  return { arms, tunedMinusPrompt, verdict: verdictOf(tunedMinusPrompt) };
}

function verdictOf({ mean, low, high, count }: Interval & { count: number }): string {
  const rows = `${count} held-out row${count === 1 ? '' : 's'}`;
  if (count < LEAST_ROWS_FOR_VERDICT) {
    return `Cannot tell from ${rows} whether fine-tuning helped; compare at least ${LEAST_ROWS_FOR_VERDICT}.`;
  }
  const range = `95 % interval ${points(low)} to ${points(high)}`;
  if (low > 0) return `Fine-tuning raised ROUGE-L by ${points(mean)} points on ${rows} (${range}).`;
  if (high < 0) return `Fine-tuning lowered ROUGE-L by ${points(-mean)} points on ${rows} (${range}).`;
  return `Cannot tell whether fine-tuning helped: ROUGE-L changed by ${points(mean)} points on ${rows}, and the ${range} includes zero.`;
}

/** ROUGE is spoken of in hundredths. */
function points(score: number): string {
  return (score * 100)
    .toFixed(1)
    .replace(/^-0\.0$/, '0.0')
    .replace('-', '−');
}
