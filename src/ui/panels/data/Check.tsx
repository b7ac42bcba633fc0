import { useState } from 'react';
import type { Finding } from '../../../data/findings.ts';
import { formatPlural } from '../../../lib/format.ts';
import { excludeRows, useDatasets } from '../../../state/datasets.ts';
import { useModels } from '../../../state/models.ts';
import { goTo } from '../../../state/settings.ts';
import { Button } from '../../components/Button.tsx';
import { ProblemStrip } from '../../components/ProblemStrip.tsx';
import { Section } from '../../components/Section.tsx';
import { FindingRows } from './FindingRows.tsx';

const SIGNS = { bad: '×', warn: '!', note: '·' } as const;

/** What the rows themselves say: empties, duplicates, what is cut, labels out of balance. */
export function Check() {
  const { check, checkProblem, isChecking, task } = useDatasets();
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
  const readColumn = task?.kind === 'instruction' ? task.instructionColumn : (task?.inputColumn ?? '');
  return (
    <Section
      title="Check"
      hint={isChecking ? 'looking' : check === undefined ? '' : formatPlural(findings.length, 'finding')}
      note={<p>Rows that are dropped stay in the file; Undo brings them back.</p>}
    >
      {checkProblem === undefined ? null : <ProblemStrip problem={checkProblem} />}
      {check !== undefined && findings.length === 0 ? <p>Nothing to mend.</p> : null}
      <ul className="lint" aria-label="Findings">
        {findings.map((finding) => (
          <FindingItem key={finding.title} finding={finding} column={readColumn} />
        ))}
      </ul>
    </Section>
  );
}

function FindingItem({ finding, column }: { finding: Finding; column: string }) {
  const { severity, title, detail, rowIndices, fix } = finding;
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      <span className={`sev ${severity === 'note' ? '' : severity}`} aria-hidden="true">
        {SIGNS[severity]}
      </span>
      <span className="what">
        <b>{title}</b> <span>{detail}</span>
      </span>
      {rowIndices.length === 0 ? null : (
        <span className="acts">
          <Button
            variant="quiet"
            size="sm"
            aria-expanded={isOpen}
            aria-label={`${isOpen ? 'Hide' : 'Show'} rows: ${title}`}
            onClick={() => {
              setOpen(!isOpen);
            }}
          >
            {isOpen ? 'Hide' : 'Show'}
          </Button>
          {fix === 'drop-rows' ? (
            <Button
              size="sm"
              onClick={() => {
                excludeRows(rowIndices);
              }}
            >
              Drop {formatPlural(rowIndices.length, 'row')}
            </Button>
          ) : null}
        </span>
      )}
      {isOpen ? <FindingRows rowIndices={rowIndices} column={column} /> : null}
    </li>
  );
}
