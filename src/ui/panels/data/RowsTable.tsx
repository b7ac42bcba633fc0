import { useEffect, useState } from 'react';
import type { ColumnRole, ColumnStats } from '../../../data/mapping.ts';
import type { Row } from '../../../formats/table.ts';
import { formatCount } from '../../../lib/format.ts';
import { loadRows, useDatasets } from '../../../state/datasets.ts';
import type { DatasetView } from '../../../workers/protocol.ts';
import { Button } from '../../components/Button.tsx';
import { SelectField } from '../../components/SelectField.tsx';
import { ROLE_LABELS, type Roles } from './roles.ts';

const PAGE_ROWS = 8;
const ROLE_OPTIONS = (['input', 'target', 'instruction', 'unused'] as const).map((value) => ({
  value,
  label: ROLE_LABELS[value],
}));

/** A page of rows under the mapped header. Cells are text and nothing else. */
export function RowsTable({
  dataset,
  roles,
  onRole,
}: {
  dataset: DatasetView;
  roles: Roles;
  onRole: (column: string, role: ColumnRole) => void;
}) {
  const [offset, setOffset] = useState(0);
  const [openRow, setOpenRow] = useState<number | undefined>();
  const { rows, lines } = usePage(dataset, offset);
  const excluded = useDatasets((state) => state.excludedRows);
  const last = Math.min(offset + PAGE_ROWS, dataset.rowCount);
  return (
    <>
      <div className="scroll" tabIndex={0} role="group" aria-label="Rows, scrollable">
        <table className="map" aria-label="Rows">
          <thead>
            <tr>
              <th scope="col" className="line-head">
                <span className="col">line</span>
              </th>
              {dataset.columns.map((column, i) => (
                <th key={column} scope="col" className={roles[column]}>
                  <div className="role">
                    <SelectField
                      label={`Role of ${column}`}
                      hideLabel
                      value={roles[column] ?? 'unused'}
                      options={ROLE_OPTIONS}
                      onChange={(role) => {
                        onRole(column, role);
                      }}
                    />
                  </div>
                  <span className="col">{column}</span>
                  <span className="meta">{statsText(dataset.stats[i], dataset.rowCount)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => {
              const index = offset + i;
              const isOpen = openRow === index;
              return (
                <tr key={index} className={excluded.includes(index) ? 'excluded' : undefined}>
                  <td className="faint">
                    <button
                      type="button"
                      className="row-toggle"
                      aria-expanded={isOpen}
                      aria-label={`Row at line ${lines[i] ?? ''}, ${isOpen ? 'fold' : 'show whole'}`}
                      onClick={() => {
                        setOpenRow(isOpen ? undefined : index);
                      }}
                    >
                      {formatCount(lines[i] ?? 0)}
                    </button>
                  </td>
                  {dataset.columns.map((column) => (
                    <td key={column} className={cellClass(roles[column])}>
                      <Cell text={row[column] ?? ''} isOpen={isOpen} />
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p className="pager faint">
        {dataset.rowCount === 0
          ? 'There are no rows.'
          : `Rows ${formatCount(offset + 1)} to ${formatCount(last)} of ${formatCount(dataset.rowCount)}.`}
        <Button
          variant="quiet"
          size="sm"
          disabled={offset === 0}
          onClick={() => {
            setOffset(Math.max(0, offset - PAGE_ROWS));
          }}
        >
          Previous
        </Button>
        <Button
          variant="quiet"
          size="sm"
          disabled={last >= dataset.rowCount}
          onClick={() => {
            setOffset(offset + PAGE_ROWS);
          }}
        >
          Next
        </Button>
      </p>
    </>
  );
}

function Cell({ text, isOpen }: { text: string; isOpen: boolean }) {
  if (text.trim() === '') return <span className="tag warn">empty</span>;
  return <span className={isOpen ? 'cell-whole' : 'clamp'}>{text}</span>;
}

const cellClass = (role: ColumnRole | undefined): string =>
  role === undefined || role === 'unused' ? 'off' : 't';

const KIND_WORDS = {
  text: 'text',
  label: 'labels',
  number: 'numbers',
  id: 'ids',
  date: 'dates',
  empty: 'empty',
};

function statsText(stats: ColumnStats | undefined, rowCount: number): string {
  if (stats === undefined) return '';
  const { kind, medianCharacters, emptyCount, distinctCount } = stats;
  const parts: string[] = [KIND_WORDS[kind]];
  if (kind === 'text') parts.push(`median ${formatCount(medianCharacters)} characters`);
  if (kind === 'label') parts.push(`${formatCount(distinctCount)} different`);
  if (kind !== 'empty') parts.push(emptyCount === 0 ? 'none empty' : `${formatCount(emptyCount)} empty`);
  return rowCount === 0 ? '' : parts.join(', ');
}

/** The rows of a page: the first ones are at hand, others come from the worker. */
function usePage(dataset: DatasetView, offset: number): { rows: readonly Row[]; lines: readonly number[] } {
  const isAtHand = offset + PAGE_ROWS <= dataset.head.length || dataset.head.length === dataset.rowCount;
  const [page, setPage] = useState<{ rows: readonly Row[]; lines: readonly number[]; offset: number }>();
  useEffect(() => {
    if (isAtHand) return undefined;
    let isCurrent = true;
    void loadRows(offset, PAGE_ROWS).then((loaded) => {
      if (isCurrent) setPage({ ...loaded, offset });
    });
    return () => {
      isCurrent = false;
    };
  }, [isAtHand, offset, dataset.id]);
  if (isAtHand) {
    return {
      rows: dataset.head.slice(offset, offset + PAGE_ROWS),
      lines: dataset.headLines.slice(offset, offset + PAGE_ROWS),
    };
  }
  return page?.offset === offset ? page : { rows: [], lines: [] };
}
