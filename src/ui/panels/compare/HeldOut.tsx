import { formatPlural } from '../../../lib/format.ts';
import { chosenAdapter, useAdapters } from '../../../state/adapters.ts';
import { cancelComparison, evaluateHeldOut } from '../../../state/answers.ts';
import { setRowsWanted, useComparison } from '../../../state/comparison.ts';
import { useDatasets } from '../../../state/datasets.ts';
import { useModels } from '../../../state/models.ts';
import { Button } from '../../components/Button.tsx';
import { NumberField } from '../../components/NumberField.tsx';
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { Section } from '../../components/Section.tsx';
import { saveFile } from '../export/saveFile.ts';
import { AdapterChooser } from './AdapterChooser.tsx';
import { answersCsv, answersJson } from './answersFiles.ts';
import { AnswersByRow } from './AnswersByRow.tsx';
import { DecodingControls } from './DecodingControls.tsx';
import { KnowledgeBase } from './KnowledgeBase.tsx';
import { Scores } from './Scores.tsx';

/** All arms over rows that training never saw: a verdict, scores with intervals, and the answers. */
export function HeldOut() {
  const {
    heldOut,
    rows,
    rowsWanted,
    isEvaluating,
    isAnswering,
    evaluatedArms,
    evaluationDone,
    evaluationTotal,
    decoding,
  } = useComparison();
  const dataset = useDatasets((state) => state.dataset);
  const model = useModels((state) => state.model);
  const adapter = useAdapters(chosenAdapter);
  const name = `${dataset?.name.replace(/\.[^.]+$/, '') ?? 'rows'}, answers`;
  return (
    <>
      <Section
        title="Held-out rows"
        hint={
          heldOut.length === 0
            ? dataset === undefined
              ? 'open a dataset under Data first'
              : 'none prepared yet'
            : `${formatPlural(heldOut.length, 'row')} that training never sees`
        }
        note={
          <div className="compare-side">
            <AdapterChooser />
            <DecodingControls />
            <KnowledgeBase />
          </div>
        }
      >
        <div className="evaluate">
          <NumberField
            label="Rows"
            isWhole
            value={Math.min(rowsWanted, Math.max(1, heldOut.length))}
            min={1}
            max={Math.max(1, heldOut.length)}
            step={1}
            onChange={setRowsWanted}
          />
          {isEvaluating ? (
            <Button onClick={cancelComparison}>Stop</Button>
          ) : (
            <Button
              variant="primary"
              disabled={model === undefined || heldOut.length === 0 || isAnswering}
              onClick={() => void evaluateHeldOut()}
            >
              Evaluate
            </Button>
          )}
          {rows.length === 0 ? null : (
            <>
              <Button
                variant="quiet"
                onClick={() => {
                  saveFile(`${name}.csv`, answersCsv(rows), 'text/csv');
                }}
              >
                Download CSV
              </Button>
              <Button
                variant="quiet"
                onClick={() => {
                  const setting = { model: model?.name ?? '', adapter: adapter?.view.name, decoding };
                  saveFile(`${name}.json`, answersJson(rows, setting), 'application/json');
                }}
              >
                Download JSON
              </Button>
            </>
          )}
        </div>
        {isEvaluating ? (
          <ProgressBar
            label="Evaluation"
            progress={{ phase: 'Answering', done: evaluationDone, total: evaluationTotal, unit: 'rows' }}
          />
        ) : null}
      </Section>
      {rows.length === 0 ? null : (
        <>
          <Scores rows={rows} arms={evaluatedArms} isWhole={!isEvaluating} />
          <AnswersByRow rows={rows} arms={evaluatedArms} />
        </>
      )}
    </>
  );
}
