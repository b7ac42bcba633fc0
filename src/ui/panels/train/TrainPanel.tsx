import { shownRun, useRuns } from '../../../state/runs.ts';
import { RunView } from './RunView.tsx';
import { SetUpRun } from './SetUpRun.tsx';

/** Train: the settings of the next run, or the run on show. */
export function TrainPanel() {
  const run = useRuns(shownRun);
  return run === undefined ? <SetUpRun /> : <RunView run={run} />;
}
