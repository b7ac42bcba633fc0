import { formatDuration, formatLoss, formatPlural } from '../../../lib/format.ts';
import type { RunRecord } from '../../../storage/records.ts';

/** What came out of the run: one sentence, and the line Hugging Face's Trainer prints. */
export function RunOutcomeLine({ run }: { run: RunRecord }) {
  const { outcome } = run;
  if (outcome === undefined) return null;
  const seconds = outcome.runtimeMs / 1000;
  const epoch = run.steps.at(-1)?.epoch ?? 0;
  const rowsPerSecond = seconds > 0 ? (epoch * run.trainExampleCount) / seconds : 0;
  const stepsPerSecond = seconds > 0 ? outcome.step / seconds : 0;
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
      <pre className="codebox">
        {`TrainOutput(global_step=${outcome.step}, training_loss=${outcome.trainingLoss.toFixed(4)}, metrics={'train_runtime': ${seconds.toFixed(1)}, 'train_samples_per_second': ${rowsPerSecond.toFixed(2)}, 'train_steps_per_second': ${stepsPerSecond.toFixed(2)}, 'epoch': ${Number(epoch.toFixed(2))}})`}
      </pre>
    </div>
  );
}
