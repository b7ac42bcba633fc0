import type { Arm } from '../../../eval/comparison.ts';
import { formatCount, formatShare, formatSignificant } from '../../../lib/format.ts';
import { ArmMark } from './ArmMark.tsx';
import { armNames } from './arms.ts';
import { formatScore } from './formatScore.ts';

/** One arm's means over the rows it answered; scores and shares are between 0 and 1. */
export interface ArmScores {
  arm: Arm;
  rougeL: { mean: number; low: number; high: number };
  exactMatchShare: number;
  bleu: number;
  chrF: number;
  answerTokens: number;
  promptTokens: number;
  secondsPerRow: number;
}

/** Scores of all arms, with bars whose whiskers are the 95 % interval. */
export function ScoresTable({ scores }: { scores: readonly ArmScores[] }) {
  const top = Math.max(0.01, ...scores.map(({ rougeL }) => rougeL.high));
  return (
    <table className="scores" aria-label="Scores">
      <thead>
        <tr>
          <th scope="col">Arm</th>
          <th scope="col">ROUGE-L, of 100</th>
          <th scope="col" className="num">
            95 % interval
          </th>
          <th scope="col" className="num">
            Exact match
          </th>
          <th scope="col" className="num">
            BLEU
          </th>
          <th scope="col" className="num">
            chrF
          </th>
          <th scope="col" className="num">
            Answer tokens
          </th>
          <th scope="col" className="num">
            Prompt tokens
          </th>
          <th scope="col" className="num">
            s per row
          </th>
        </tr>
      </thead>
      <tbody>
        {scores.map(
          ({ arm, rougeL, exactMatchShare, bleu, chrF, answerTokens, promptTokens, secondsPerRow }) => (
            <tr key={arm}>
              <td>
                <span className="score-arm">
                  <ArmMark arm={arm} /> {armNames[arm]}
                </span>
              </td>
              <td aria-label={`ROUGE-L ${formatScore(rougeL.mean)}`}>
                <span className="score-value">
                  <b>{formatScore(rougeL.mean)}</b>
                  <span className={`interval-bar arm-${arm}`} aria-hidden="true">
                    <i style={{ width: percent(rougeL.mean / top) }} />
                    <u
                      style={{
                        left: percent(rougeL.low / top),
                        width: percent((rougeL.high - rougeL.low) / top),
                      }}
                    />
                  </span>
                </span>
              </td>
              <td className="num">
                {formatScore(rougeL.low)} to {formatScore(rougeL.high)}
              </td>
              <td className="num">{formatShare(exactMatchShare)}</td>
              <td className="num">{formatScore(bleu)}</td>
              <td className="num">{formatScore(chrF)}</td>
              <td className="num">{formatSignificant(answerTokens)}</td>
              <td className="num">{formatCount(Math.round(promptTokens))}</td>
              <td className="num">{formatSignificant(secondsPerRow)}</td>
            </tr>
          ),
        )}
      </tbody>
    </table>
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
