import { formatPlural } from '../../../lib/format.ts';
import { includeAllRows, undoExclusion, useDatasets } from '../../../state/datasets.ts';
import { useModels } from '../../../state/models.ts';
import { goTo } from '../../../state/settings.ts';
import { Button } from '../../components/Button.tsx';
import { FootBar } from '../../components/FootBar.tsx';
import { Check } from './Check.tsx';
import { Columns } from './Columns.tsx';
import { DatasetHead } from './DatasetHead.tsx';
import { FirstVisit } from './FirstVisit.tsx';
import { Lengths } from './Lengths.tsx';
import { Preview } from './Preview.tsx';
import { Prompting } from './Prompting.tsx';
import { ReadProblems } from './ReadProblems.tsx';

/** Data: what was dropped, what it is used for, what is wrong with it, and how the model will see it. */
export function DataPanel() {
  const dataset = useDatasets((state) => state.dataset);
  if (dataset === undefined) return <FirstVisit />;
  return (
    <>
      <DatasetHead dataset={dataset} />
      <Columns key={dataset.id} dataset={dataset} />
      <ReadProblems problems={dataset.problems} />
      <Prompting key={`prompting ${dataset.id}`} />
      <Check />
      <Preview rowCount={dataset.rowCount} />
      <Lengths />
      <Foot />
    </>
  );
}

function Foot() {
  const check = useDatasets((state) => state.check);
  const checkProblem = useDatasets((state) => state.checkProblem);
  const rowCount = useDatasets((state) => state.dataset?.rowCount ?? 0);
  const excludedCount = useDatasets((state) => state.excludedRows.length);
  const canUndo = useDatasets(({ undo }) => undo.length > 0);
  const model = useModels((state) => state.model);
  const counts = check?.splitCounts;
  const hasNothingToLearn = rowCount === 0 || counts?.train === 0 || excludedCount >= rowCount;
  return (
    <FootBar
      actions={
        <>
          {canUndo ? <Button onClick={undoExclusion}>Undo</Button> : null}
          {!canUndo && excludedCount > 0 ? (
            <Button onClick={includeAllRows}>Bring back {formatPlural(excludedCount, 'row')}</Button>
          ) : null}
          <Button
            variant="primary"
            disabled={checkProblem !== undefined || hasNothingToLearn}
            onClick={() => {
              goTo(model === undefined ? 'model' : 'train');
            }}
          >
            {model === undefined ? 'Continue to Model' : 'Continue to Train'}
          </Button>
        </>
      }
    >
      {counts === undefined ? (
        <>
          <b>{formatPlural(rowCount, 'row')}</b> read
        </>
      ) : (
        <>
          <b>{formatPlural(counts.train + counts.validation + counts.test, 'row')}</b> ready: {counts.train}{' '}
          to train on, {counts.validation} to watch with, {counts.test} to judge by
        </>
      )}
    </FootBar>
  );
}
