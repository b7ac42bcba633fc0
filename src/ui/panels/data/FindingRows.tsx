import { useEffect, useState } from 'react';
import type { Row } from '../../../formats/table.ts';
import { formatCount, formatPlural } from '../../../lib/format.ts';
import { loadRows } from '../../../state/datasets.ts';
import { Button } from '../../components/Button.tsx';

const STEP = 10;

interface PlacedRow {
  index: number;
  line: number;
  row: Row;
}

/** The rows a finding is about, with their lines in the file; more of them on demand, to the last. */
export function FindingRows({ rowIndices, column }: { rowIndices: readonly number[]; column: string }) {
  const [wanted, setWanted] = useState(STEP);
  const [placed, setPlaced] = useState<readonly PlacedRow[]>([]);
  useEffect(() => {
    let isCurrent = true;
    const load = async (index: number): Promise<PlacedRow> => {
      const { rows, lines } = await loadRows(index, 1);
      return { index, line: lines[0] ?? 0, row: rows[0] ?? {} };
    };
    void Promise.all(rowIndices.slice(0, wanted).map(load)).then((loaded) => {
      if (isCurrent) setPlaced(loaded);
    });
    return () => {
      isCurrent = false;
    };
  }, [rowIndices, wanted]);
  const left = rowIndices.length - wanted;
  return (
    <div className="finding-rows">
      <table className="tight" aria-label="Rows of this finding">
        <thead>
          <tr>
            <th scope="col">line</th>
            <th scope="col">{column}</th>
          </tr>
        </thead>
        <tbody>
          {placed.map(({ index, line, row }) => (
            <tr key={index}>
              <td className="mono">{formatCount(line)}</td>
              <td>
                <span className="clamp">{row[column]?.trim() === '' ? 'empty' : row[column]}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {left <= 0 ? null : (
        <Button
          variant="quiet"
          size="sm"
          onClick={() => {
            setWanted(wanted + STEP);
          }}
        >
          Show {formatPlural(Math.min(STEP, left), 'more row')}
        </Button>
      )}
    </div>
  );
}
