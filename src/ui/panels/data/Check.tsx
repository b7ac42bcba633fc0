import { formatPlural, formatShare } from '../../../lib/format.ts';
import { excludeRows, useDatasets } from '../../../state/datasets.ts';
import { useModels } from '../../../state/models.ts';
import { goTo } from '../../../state/settings.ts';
import { Button } from '../../components/Button.tsx';
import { ProblemStrip } from '../../components/ProblemStrip.tsx';
import { Section } from '../../components/Section.tsx';

const SIGNS = { bad: '×', warn: '!', note: '·' } as const;
const LISTED = 12;

/** What the rows themselves say: empties, duplicates, what is cut, labels out of balance. */
export function Check() {
  const { check, checkProblem, isChecking, dataset } = useDatasets();
  const model = useModels((state) => state.model);
  if (model === undefined) {
    return (
      <Section title="Check">
        <p className="faint">
          The check counts tokens, and tokens come with a model.{' '}
          <Button
            variant="quiet"
            size="sm"
            onClick={() => {
              goTo('model');
            }}
          >
            Choose a model
          </Button>
        </p>
      </Section>
    );
  }
  const findings = check?.findings ?? [];
  return (
    <Section
      title="Check"
      hint={isChecking ? 'looking' : check === undefined ? '' : formatPlural(findings.length, 'finding')}
      note={<p>Rows that are dropped stay in the file; Undo brings them back.</p>}
    >
      {checkProblem === undefined ? null : <ProblemStrip problem={checkProblem} />}
      {check !== undefined && findings.length === 0 ? <p>Nothing to mend.</p> : null}
      <ul className="lint" aria-label="Findings">
        {findings.map(({ severity, title, detail, rowIndices, fix }) => (
          <li key={title}>
            <span className={`sev ${severity === 'note' ? '' : severity}`} aria-hidden="true">
              {SIGNS[severity]}
            </span>
            <span className="what">
              <b>{title}</b> <span>{detail}</span>{' '}
              {rowIndices.length === 0 || dataset === undefined ? null : (
                <span>
                  {formatShare(rowIndices.length / Math.max(1, dataset.rowCount))}; rows{' '}
                  {rowIndices
                    .slice(0, LISTED)
                    .map((index) => index + 1)
                    .join(', ')}
                  {rowIndices.length > LISTED ? ' …' : ''}
                </span>
              )}
            </span>
            {fix === 'drop-rows' ? (
              <span className="acts">
                <Button
                  size="sm"
                  onClick={() => {
                    excludeRows(rowIndices);
                  }}
                >
                  Drop {formatPlural(rowIndices.length, 'row')}
                </Button>
              </span>
            ) : null}
          </li>
        ))}
      </ul>
    </Section>
  );
}
