/** The stops of the work, in order, and where each stands. */
import { formatBytes, formatCount, formatLoss, formatPlural } from '../../lib/format.ts';
import { chosenAdapter, type AdapterState } from '../../state/adapters.ts';
import type { ComparisonState } from '../../state/comparison.ts';
import type { DatasetState } from '../../state/datasets.ts';
import type { ModelState } from '../../state/models.ts';
import { runStatusText, shownRun, type RunsState } from '../../state/runs.ts';
import type { Stop } from '../../state/settings.ts';

export type StopState = 'empty' | 'ready' | 'running' | 'done';

export interface StopView {
  id: Stop;
  name: string;
  state: StopState;
  /** A few words: what is there. */
  text: string;
  isOpenable: boolean;
}

/** All six stops as the rail shows them. */
export function stopViews(
  datasets: DatasetState,
  models: ModelState,
  runs: RunsState,
  comparison: ComparisonState,
  adapters: AdapterState,
): StopView[] {
  const adapter = chosenAdapter(adapters);
  return [
    { id: 'data', name: 'Data', ...dataState(datasets), isOpenable: true },
    { id: 'model', name: 'Model', ...modelState(models), isOpenable: true },
    { id: 'train', name: 'Train', ...trainState(runs), isOpenable: true },
    { id: 'compare', name: 'Compare', ...compareState(comparison), isOpenable: true },
    { id: 'align', name: 'Align', state: 'empty', text: 'comes later', isOpenable: false },
    {
      id: 'export',
      name: 'Export',
      state: adapters.exported !== undefined ? 'done' : adapter === undefined ? 'empty' : 'ready',
      text:
        adapters.exported !== undefined
          ? formatBytes(adapters.exported.zip.byteLength)
          : adapter === undefined
            ? ''
            : 'adapter kept',
      isOpenable: true,
    },
  ];
}

type Standing = Pick<StopView, 'state' | 'text'>;

function dataState({ status, dataset }: DatasetState): Standing {
  if (status === 'reading') return { state: 'running', text: 'reading' };
  if (dataset === undefined) return { state: 'empty', text: '' };
  return { state: 'done', text: formatPlural(dataset.rowCount, 'row') };
}

function modelState({ status, model, progress }: ModelState): Standing {
  if (status === 'loading') {
    const share =
      progress?.total === undefined ? '' : ` ${Math.floor((100 * progress.done) / progress.total)} %`;
    return { state: 'running', text: `loading${share}` };
  }
  return model === undefined ? { state: 'empty', text: '' } : { state: 'done', text: model.name };
}

function trainState(runs: RunsState): Standing {
  const run = shownRun(runs);
  if (run === undefined) return { state: 'empty', text: '' };
  if (run.id === runs.liveId) return { state: 'running', text: runStatusText(run) };
  const last = run.steps.at(-1);
  if (run.status === 'done' || run.status === 'stopped') {
    return { state: 'done', text: last === undefined ? runStatusText(run) : `loss ${formatLoss(last.loss)}` };
  }
  return { state: 'ready', text: runStatusText(run) };
}

function compareState({
  isAnswering,
  isEvaluating,
  evaluationDone,
  evaluationTotal,
  rows,
}: ComparisonState): Standing {
  if (isEvaluating) {
    return { state: 'running', text: `${formatCount(evaluationDone)} of ${formatCount(evaluationTotal)}` };
  }
  if (isAnswering) return { state: 'running', text: 'answering' };
  return rows.length === 0
    ? { state: 'empty', text: '' }
    : { state: 'done', text: formatPlural(rows.length, 'held-out row') };
}
