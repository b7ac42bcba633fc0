import { formatCount, formatDuration } from '../../../lib/format.ts';
import { remainingMs } from '../../../state/runFacts.ts';
import { discardRun, pauseRun, resumeRun, stopRun } from '../../../state/runControl.ts';
import { deleteRun, useRuns } from '../../../state/runs.ts';
import type { RunRecord } from '../../../storage/records.ts';
import { Button } from '../../components/Button.tsx';
import { ConfirmButton } from './ConfirmButton.tsx';
import { RunPhases } from './RunPhases.tsx';

const words: Record<RunRecord['status'], string> = {
  running: 'Training',
  paused: 'Paused',
  interrupted: 'Interrupted',
  done: 'Done',
  stopped: 'Stopped, kept',
  failed: 'Failed',
};

/** State, step, epoch, time left; the buttons that fit the state; progress and phases under it. */
export function RunStatusBar({ run }: { run: RunRecord }) {
  const { liveId, phase } = useRuns();
  const isLive = run.id === liveId;
  const last = run.steps.at(-1);
  const step = last?.step ?? 0;
  const share = run.totalSteps > 0 ? step / run.totalSteps : 0;
  const left = run.status === 'running' ? remainingMs(run) : undefined;
  const word = isLive && run.status === 'running' && step === 0 ? 'Preparing' : words[run.status];
  const spentMs = run.outcome?.runtimeMs ?? run.steps.reduce((sum, { stepMs }) => sum + stepMs, 0);
  return (
    <div className="run-status">
      <output className="run-status-line" aria-live="off">
        <span className="run-state">
          <i className={`state-dot state-dot-${run.status}`} aria-hidden="true" />
          {word}
        </span>
        <span>
          step {formatCount(step)} of {formatCount(run.totalSteps)}
        </span>
        {last === undefined ? null : (
          <span>
            epoch {formatEpoch(last.epoch)} of {epochsOf(run)}
          </span>
        )}
        {left === undefined ? null : <span>{formatDuration(left)} left</span>}
        {isLive || spentMs === 0 ? null : <span>{formatDuration(spentMs)}</span>}
      </output>
      <p className="vh" aria-live="polite">
        {word}
        {isLive && step > 0 ? `, ${10 * Math.floor(10 * share)} %` : ''}
      </p>
      <div className="run-actions">
        {isLive && run.status === 'running' ? <Button onClick={() => void pauseRun()}>Pause</Button> : null}
        {isLive && run.status === 'paused' ? (
          <Button variant="primary" onClick={() => void resumeRun()}>
            Resume
          </Button>
        ) : null}
        {isLive ? <Button onClick={() => void stopRun()}>Stop and keep</Button> : null}
        {isLive || run.status === 'failed' || run.status === 'interrupted' ? (
          <ConfirmButton
            label="Discard"
            question="Delete the run and what it learned?"
            confirm="Yes, discard"
            onConfirm={() => void (isLive ? discardRun() : deleteRun(run.id))}
          />
        ) : null}
      </div>
      <progress
        className="run-progress"
        aria-label="Training"
        max={Math.max(1, run.totalSteps)}
        value={step}
      />
      {isLive ? <RunPhases phase={phase} /> : null}
    </div>
  );
}

/** One decimal, two below 1: the first steps of a long epoch should be seen to move. */
function formatEpoch(epoch: number): string {
  return epoch < 1 ? epoch.toFixed(2) : epoch.toFixed(1).replace(/\.0$/, '');
}

function epochsOf({ config, steps, totalSteps }: RunRecord): string {
  const last = steps.at(-1);
  const epochs =
    config.maxSteps > 0 && last !== undefined && last.step > 0
      ? (last.epoch / last.step) * totalSteps
      : config.epochs;
  return formatEpoch(epochs);
}
