import { formatDuration, formatLoss, formatPlural } from '../../../lib/format.ts';
import { trainOutput, type TrainOutput } from '../../../training/trainerState.ts';
import type { RunRecord } from '../../../storage/records.ts';

/** What came out of the run: one sentence, and the line Hugging Face's Trainer prints. */
export function RunOutcomeLine({ run }: { run: RunRecord }) {
  const { outcome } = run;
  if (outcome === undefined) return null;
  const output = trainOutput(run);
  return (
    <div className="run-outcome">
      <p className="run-verdict">
        {outcome.best === undefined ? (
          <>
            <b>Mean training loss {formatLoss(outcome.trainingLoss)}</b> over{' '}
            {formatPlural(outcome.step, 'step')} in {formatDuration(outcome.runtimeMs)}.
          </>
        ) : (
          <>
            <b>Best validation loss {formatLoss(outcome.best.loss)}</b> at step {outcome.best.step}, after{' '}
            {formatPlural(outcome.step, 'step')} in {formatDuration(outcome.runtimeMs)}.
          </>
        )}{' '}
        {outcome.skippedSteps === 0
          ? null
          : `${formatPlural(outcome.skippedSteps, 'step')} had no finite loss and changed nothing.`}
      </p>
      <pre className="codebox">{output === null ? '' : pythonLine(output)}</pre>
    </div>
  );
}

/** As Python prints it. */
function pythonLine({ global_step: step, training_loss: loss, metrics }: TrainOutput): string {
  const entries = Object.entries(metrics).map(([key, value]) => `'${key}': ${Number(value.toPrecision(16))}`);
  return `TrainOutput(global_step=${step}, training_loss=${loss}, metrics={${entries.join(', ')}})`;
}
