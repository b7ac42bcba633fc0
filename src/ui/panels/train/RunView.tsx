import { useState } from 'react';
import { resumeInterrupted } from '../../../state/runControl.ts';
import { setUpNewRun, useRuns } from '../../../state/runs.ts';
import { goTo, useSettings } from '../../../state/settings.ts';
import type { RunRecord } from '../../../storage/records.ts';
import { Tracks } from '../../charts/Tracks.tsx';
import { Button } from '../../components/Button.tsx';
import { NoticeStrip } from '../../components/NoticeStrip.tsx';
import { PanelHead } from '../../components/PanelHead.tsx';
import { ProblemStrip } from '../../components/ProblemStrip.tsx';
import { ChartControls } from './ChartControls.tsx';
import { LearningSamples } from './LearningSamples.tsx';
import { RunOutcomeLine } from './RunOutcomeLine.tsx';
import { RunProof } from './RunProof.tsx';
import { RunStatusBar } from './RunStatusBar.tsx';

/** A run on show: where it stands, its curves, and what the model writes as it learns. */
export function RunView({ run }: { run: RunRecord }) {
  const { smoothing, lossScale } = useSettings();
  const { problem, liveId } = useRuns();
  const [unit, setUnit] = useState<'step' | 'epoch'>('step');
  const isEnded = run.status === 'done' || run.status === 'stopped';
  return (
    <>
      <PanelHead
        title="Train"
        actions={
          run.id === liveId ? null : (
            <>
              <Button variant="plain" onClick={setUpNewRun}>
                New run
              </Button>
              {isEnded ? (
                <Button
                  variant="primary"
                  onClick={() => {
                    goTo('compare');
                  }}
                >
                  Compare the answers
                </Button>
              ) : null}
            </>
          )
        }
      >
        {run.modelName} on {run.datasetName}
      </PanelHead>
      {problem === undefined ? null : <ProblemStrip problem={problem} />}
      <StandstillStrip run={run} />
      <RunStatusBar run={run} />
      {isEnded ? <RunOutcomeLine run={run} /> : null}
      <RunProof run={run} />
      <ChartControls run={run} unit={unit} onUnit={setUnit} />
      <Tracks run={run} smoothing={smoothing} scale={lossScale} unit={unit} />
      <LearningSamples samples={run.samples} isRunning={run.status === 'running'} />
    </>
  );
}

/** Why the run stands still, what is safe, and the way on. */
function StandstillStrip({ run }: { run: RunRecord }) {
  const { liveId, isStarting } = useRuns();
  if (run.status !== 'failed' && run.status !== 'interrupted') return null;
  const last = run.steps.at(-1)?.step ?? 0;
  const from = run.checkpointStep ?? 0;
  const safe =
    from > 0
      ? `The checkpoint of step ${from} holds weights, optimizer, schedule, data order and random state. ${
          last > from ? `Steps ${from + 1} to ${last} are repeated.` : 'Nothing is lost.'
        }`
      : 'No checkpoint was written yet, so the run starts again from step 1.';
  const resume = (
    <Button
      variant="primary"
      busy={isStarting}
      disabled={liveId !== undefined || isStarting}
      onClick={() => void resumeInterrupted(run.id)}
    >
      {from > 0 ? `Resume from step ${from}` : 'Start again'}
    </Button>
  );
  if (run.problem !== undefined) {
    return <ProblemStrip problem={{ ...run.problem, fix: `${run.problem.fix} ${safe}` }} action={resume} />;
  }
  return (
    <NoticeStrip tone="warn">
      <p className="strip-text">
        {last === 0 ? (
          <b>The run ended before its first step.</b>
        ) : (
          <>
            <b>The run was interrupted at step {last}.</b> The page was closed or reloaded.
          </>
        )}{' '}
        {safe}
      </p>
      {resume}
    </NoticeStrip>
  );
}
