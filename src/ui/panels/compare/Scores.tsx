import { useMemo } from 'react';
import { summarise, type Arm, type ComparisonRow } from '../../../eval/comparison.ts';
import { formatCount, formatPlural } from '../../../lib/format.ts';
import { useComparison } from '../../../state/comparison.ts';
import { describeDecoding } from '../../../state/decoding.ts';
import { Section } from '../../components/Section.tsx';
import { DifferencePlot } from './DifferencePlot.tsx';
import { pairedDifferences } from './pairedDifferences.ts';
import { ScoresTable, type ArmScores } from './ScoresTable.tsx';
import { ScrollBox } from './ScrollBox.tsx';

/** Seed of the resampling, so that the same rows always give the same intervals. */
const SEED = 42;

interface ScoresProps {
  rows: readonly ComparisonRow[];
  arms: readonly Arm[];
  /** Whether the evaluation is over; until then the figures are of the rows so far. */
  isWhole: boolean;
}

/** The verdict in a sentence, the scores under it, the differences under them. */
export function Scores({ rows, arms, isWhole }: ScoresProps) {
  const decoding = useComparison((state) => state.decoding);
  const summary = useMemo(() => summarise(rows, SEED), [rows]);
  const differences = useMemo(() => pairedDifferences(rows, SEED), [rows]);
  const scores = arms.flatMap((arm): ArmScores[] => {
    const of = summary.arms[arm];
    if (of === undefined) return [];
    const { rougeL, exactMatchShare, bleu, chrF } = of;
    return [{ arm, rougeL, exactMatchShare, bleu, chrF, ...costsOf(rows, arm) }];
  });
  return (
    <>
      <Section
        title="Verdict"
        hint={isWhole ? undefined : `of the first ${formatPlural(rows.length, 'row')}`}
        note={
          <p>
            {formatPlural(rows.length, 'row')} that training never saw, decoding: {describeDecoding(decoding)}
            , up to {formatCount(decoding.maxNewTokens)} tokens. Intervals: 95 %, bootstrap over rows, 2,000
            resamples, seed {SEED}. ROUGE-L with stemming.
          </p>
        }
      >
        <p className="verdict" aria-live="polite">
          {summary.verdict}
        </p>
      </Section>
      <Section title="Scores" hint="mean over the rows" wide>
        <ScrollBox className="scroll" label="Scores, scrolls sideways">
          <ScoresTable scores={scores} />
        </ScrollBox>
        <p className="help">
          BLEU counts words in the reference’s order, chrF pieces of words; both over all answers at once,
          with sacreBLEU’s default settings.
        </p>
      </Section>
      {differences.length === 0 ? null : (
        <Section
          title="Difference on the same rows"
          hint="ROUGE-L points, paired; a line that crosses zero means “cannot tell”"
        >
          <DifferencePlot differences={differences} />
        </Section>
      )}
    </>
  );
}

function costsOf(
  rows: readonly ComparisonRow[],
  arm: Arm,
): Pick<ArmScores, 'answerTokens' | 'promptTokens' | 'secondsPerRow'> {
  const outputs = rows.flatMap((row) => row.outputs[arm] ?? []);
  const mean = (valueOf: (output: (typeof outputs)[number]) => number): number =>
    outputs.reduce((sum, output) => sum + valueOf(output), 0) / outputs.length;
  return {
    answerTokens: mean(({ tokenCount }) => tokenCount),
    promptTokens: mean(({ promptTokenCount }) => promptTokenCount),
    secondsPerRow: mean(({ elapsedMs }) => elapsedMs) / 1000,
  };
}
