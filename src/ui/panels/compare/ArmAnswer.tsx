import { scoreOutput, type Arm } from '../../../eval/comparison.ts';
import { formatCount, formatPlural, formatSignificant } from '../../../lib/format.ts';
import type { LiveAnswer } from '../../../state/comparison.ts';
import { ArmMark } from './ArmMark.tsx';
import { armNames } from './arms.ts';
import { formatScore } from './formatScore.ts';
import { WordDiff } from './WordDiff.tsx';

interface ArmAnswerProps {
  arm: Arm;
  answer: LiveAnswer | undefined;
  reference: string;
  /** What the arm lacks to answer; undefined when it can. */
  missing: string | undefined;
}

/** One arm's answer: while it is written with a caret, then compared with the reference. */
export function ArmAnswer({ arm, answer, reference, missing }: ArmAnswerProps) {
  const isWhole = answer !== undefined && !answer.isWriting;
  const hasReference = reference.trim() !== '';
  return (
    <section className="factor-cell" aria-label={armNames[arm]} aria-busy={answer?.isWriting ?? false}>
      <h3 className="arm">
        <ArmMark arm={arm} />
        {armNames[arm]}
        {isWhole && hasReference ? (
          <span className="arm-score">
            ROUGE-L <b>{formatScore(scoreOutput(reference, answer.text).rougeL)}</b>
          </span>
        ) : null}
      </h3>
      {missing !== undefined && answer === undefined ? (
        <p className="faint">{missing}</p>
      ) : answer === undefined ? (
        <p className="faint">No answer yet.</p>
      ) : answer.isWriting ? (
        <p className="read">
          {answer.text}
          <span className="caret" aria-hidden="true" />
        </p>
      ) : (
        <p className="read">
          {answer.text === '' ? (
            <span className="faint">(nothing)</span>
          ) : hasReference ? (
            <WordDiff reference={reference} text={answer.text} />
          ) : (
            answer.text
          )}
        </p>
      )}
      {isWhole && answer.tokenCount !== undefined ? (
        <p className="arm-figures">
          <span>{formatPlural(answer.tokenCount, 'token')}</span>
          {answer.promptTokenCount === undefined ? null : (
            <span>{formatCount(answer.promptTokenCount)} prompt tokens</span>
          )}
          {answer.elapsedMs === undefined || answer.elapsedMs <= 0 ? null : (
            <span>{formatSignificant((1000 * answer.tokenCount) / answer.elapsedMs)} tokens/s</span>
          )}
        </p>
      ) : null}
    </section>
  );
}
