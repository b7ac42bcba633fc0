import type { RetrievedPassage } from '../../../workers/protocol.ts';
import { formatSignificant } from '../../../lib/format.ts';
import { useComparison } from '../../../state/comparison.ts';

/** What retrieval found for the input: the passages given to the right-hand column. */
export function Passages() {
  const { passages, isAnswering } = useComparison();
  return (
    <div className="passages">
      <h3 id="passages-title">Passages</h3>
      {passages.length === 0 ? (
        <p>
          {isAnswering ? 'Looking for passages.' : 'Passages given to the right-hand column appear here.'}
        </p>
      ) : (
        <ol aria-label="Passages">
          {passages.map(({ passage, score }) => (
            <li className="passage" key={`${whereFrom(passage)} ${passage.text}`}>
              <p className="passage-score">
                <b>{formatSignificant(score)}</b> BM25
              </p>
              <p className="passage-text">{passage.text}</p>
              <p className="passage-source">{whereFrom(passage)}</p>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

/** "returns.md, lines 12–15, Returns › Window", or "chats.csv, row 8". */
function whereFrom({ source, heading, firstLine, lastLine, rowIndex }: RetrievedPassage['passage']): string {
  const place =
    rowIndex !== undefined
      ? `row ${rowIndex + 1}`
      : firstLine === undefined
        ? undefined
        : lastLine === undefined || lastLine === firstLine
          ? `line ${firstLine}`
          : `lines ${firstLine}–${lastLine}`;
  return [source, place, heading === '' ? undefined : heading]
    .filter((part) => part !== undefined)
    .join(', ');
}
