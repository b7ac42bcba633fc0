import { shownRun, useRuns } from '../../../state/runs.ts';
import { useTopOfScreen } from '../../frame/useTopOfScreen.ts';
import { RunView } from './RunView.tsx';
import { SetUpRun } from './SetUpRun.tsx';

/** Train: the settings of the next run, or the run on show. */
export function TrainPanel() {
  const run = useRuns(shownRun);
  useTopOfScreen(run?.id ?? 'settings');
  return run === undefined ? <SetUpRun /> : <RunView run={run} />;
}
