import { linearTicks } from '../../charts/axisTicks.ts';
import { armNames } from './arms.ts';
import { formatGain } from './formatScore.ts';
import type { Difference } from './pairedDifferences.ts';

/** Differences against a zero line. An interval that holds zero is said to be undecided. */
export function DifferencePlot({ differences }: { differences: readonly Difference[] }) {
  const points = differences.flatMap(({ low, high }) => [100 * low, 100 * high]);
  const { ticks, domain } = linearTicks(Math.min(0, ...points), Math.max(0, ...points), 6);
  const place = (value: number): string =>
    `${((100 * (value - domain[0])) / (domain[1] - domain[0])).toFixed(2)}%`;
  return (
    <div className="forest">
      <ul>
        {differences.map(({ arm, against, mean, low, high }) => {
          const isUndecided = low <= 0 && high >= 0;
          return (
            <li className="forest-row" key={`${arm} ${against}`}>
              <span>
                {armNames[arm]} − {armNames[against].toLowerCase().replace('rag', 'RAG')}
              </span>
              <span className={`forest-plot arm-${arm}`} aria-hidden="true">
                <i className="forest-zero" style={{ left: place(0) }} />
                <u style={{ left: place(100 * low), right: `calc(100% - ${place(100 * high)})` }} />
                <b style={{ left: place(100 * mean) }} />
              </span>
              <span className="forest-value">
                <b>{formatGain(mean)}</b>{' '}
                <span>
                  {formatGain(low)} to {formatGain(high)}
                  {isUndecided ? ', cannot tell' : ''}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
      <div className="forest-row forest-axis" aria-hidden="true">
        <span />
        <span className="forest-plot">
          {ticks.map((tick) => (
            <span key={tick} style={{ left: place(tick) }}>
              {tick > 0 ? `+${tick}` : String(tick).replace('-', '−')}
            </span>
          ))}
        </span>
        <span />
      </div>
    </div>
  );
}
