/** The open dataset: its rows, what is to be learned from it, what the check found. */
import { create } from 'zustand';
import type { ExamplePreview } from '../data/preview.ts';
import type { Task } from '../data/task.ts';
import type { Row } from '../formats/table.ts';
import { toProblem, type Problem } from '../lib/problem.ts';
import type { Progress } from '../lib/progress.ts';
import {
  loadRecord,
  loadRecords,
  loadSetting,
  removeRecord,
  saveRecord,
  saveSetting,
} from '../storage/records.ts';
import type { CheckView, DatasetView, ExamplesRequest } from '../workers/protocol.ts';
import { isAbort } from '../workers/rpc.ts';
import { tokenizerWorker } from '../workers/tokenizerClient.ts';
import { useModels } from './models.ts';
import { useRunSetup } from './runSetup.ts';

export interface DatasetState {
  status: 'empty' | 'reading' | 'ready';
  progress?: Progress | undefined;
  /** Why the last files could not be used; what was open before stays open. */
  problem?: Problem | undefined;
  dataset?: DatasetView | undefined;
  task?: Task | undefined;
  excludedRows: readonly number[];
  /** What was excluded before the last change, for undo. */
  undo: readonly (readonly number[])[];
  check?: CheckView | undefined;
  checkProblem?: Problem | undefined;
  isChecking: boolean;
  preview?: ExamplePreview | undefined;
  previewRowIndex: number;
}

const empty: DatasetState = {
  status: 'empty',
  progress: undefined,
  problem: undefined,
  dataset: undefined,
  task: undefined,
  excludedRows: [],
  undo: [],
  check: undefined,
  checkProblem: undefined,
  isChecking: false,
  preview: undefined,
  previewRowIndex: 0,
};

export const useDatasets = create<DatasetState>(() => empty);

let reading: AbortController | undefined;

/** Reads dropped or picked files into the open dataset; on failure the one before stays. */
export async function readFiles(files: readonly File[]): Promise<void> {
  reading?.abort();
  const controller = new AbortController();
  reading = controller;
  const before = useDatasets.getState();
  useDatasets.setState({ status: 'reading', problem: undefined, progress: undefined });
  try {
    const id = crypto.randomUUID();
    const view = await tokenizerWorker().call(
      'readDataset',
      { id, files },
      { signal: controller.signal, onProgress: (progress) => useDatasets.setState({ progress }) },
    );
    if (reading !== controller) return;
    checkNumber++;
    useDatasets.setState({ ...empty, status: 'ready', dataset: view, task: view.suggestedTask });
    await keep();
    void refreshCheck();
    if (before.dataset !== undefined) void forgetUnused(before.dataset.id);
  } catch (error) {
    if (reading !== controller) return;
    const status = before.dataset === undefined ? 'empty' : 'ready';
    useDatasets.setState({
      status,
      progress: undefined,
      ...(isAbort(error) ? {} : { problem: toProblem(error) }),
    });
  } finally {
    if (reading === controller) reading = undefined;
  }
}

/** Stops the reading of files. */
export function cancelReading(): void {
  reading?.abort();
}

/** Brings back what was open before a reload. */
export async function restoreDataset(): Promise<void> {
  const id = await loadSetting('dataset');
  if (typeof id !== 'string') return;
  const record = await loadRecord('datasets', id);
  if (record === undefined) return;
  useDatasets.setState({
    ...empty,
    status: 'ready',
    dataset: record.view,
    task: record.task,
    excludedRows: record.excludedRows,
  });
  try {
    await tokenizerWorker().call('readDataset', { id });
    void refreshCheck();
  } catch (error) {
    useDatasets.setState({ ...empty, problem: toProblem(error) });
  }
}

/** Changes what is to be learned. */
export function setTask(task: Task): void {
  useDatasets.setState({ task });
  void keep();
  void refreshCheck();
}

/** Leaves rows out of training and evaluation; `undoExclusion` brings them back. */
export function excludeRows(rowIndices: readonly number[]): void {
  const { excludedRows, undo } = useDatasets.getState();
  const next = [...new Set([...excludedRows, ...rowIndices])].sort((a, b) => a - b);
  useDatasets.setState({ excludedRows: next, undo: [...undo, excludedRows] });
  void keep();
  void refreshCheck();
}

/** Takes all rows back in that were left out, after a reload too. */
export function includeAllRows(): void {
  const { excludedRows, undo } = useDatasets.getState();
  useDatasets.setState({ excludedRows: [], undo: [...undo, excludedRows] });
  void keep();
  void refreshCheck();
}

/** Takes the last exclusion back. */
export function undoExclusion(): void {
  const { undo } = useDatasets.getState();
  const last = undo.at(-1);
  if (last === undefined) return;
  useDatasets.setState({ excludedRows: last, undo: undo.slice(0, -1) });
  void keep();
  void refreshCheck();
}

/** Closes the dataset. It stays kept as long as a run was made from it. */
export async function closeDataset(): Promise<void> {
  const { dataset } = useDatasets.getState();
  checkNumber++;
  useDatasets.setState(empty);
  await saveSetting('dataset', undefined);
  if (dataset !== undefined) await forgetUnused(dataset.id);
}

/** Deletes the kept copy of a dataset that no run was made from. */
async function forgetUnused(id: string): Promise<void> {
  const runs = await loadRecords('runs');
  if (runs.some(({ datasetId }) => datasetId === id)) return;
  await removeRecord('datasets', id);
  await tokenizerWorker().call('forgetDataset', { datasetId: id });
}

/** Rows for the table, by place. */
export function loadRows(
  offset: number,
  count: number,
): Promise<{ rows: readonly Row[]; lines: readonly number[] }> {
  const { dataset } = useDatasets.getState();
  if (dataset === undefined) return Promise.resolve({ rows: [], lines: [] });
  return tokenizerWorker().call('rows', { datasetId: dataset.id, offset, count });
}

/** What training, evaluation and preview all start from; undefined while something is missing. */
export function examplesRequest(): ExamplesRequest | undefined {
  const { dataset, task, excludedRows } = useDatasets.getState();
  if (dataset === undefined || task === undefined) return undefined;
  const { config } = useRunSetup.getState();
  return {
    datasetId: dataset.id,
    task,
    excludedRows,
    seed: config.seed,
    validationShare: config.validationShare,
    testShare: config.testShare,
    maxInputTokens: config.maxInputTokens,
    maxTargetTokens: config.maxTargetTokens,
  };
}

let checkNumber = 0;
let checking: AbortController | undefined;

/** Runs the check and the preview again; needs a tokenizer, so it waits for a model. */
export async function refreshCheck(): Promise<void> {
  const request = examplesRequest();
  if (request === undefined || useModels.getState().model === undefined) return;
  const number = ++checkNumber;
  checking?.abort();
  checking = new AbortController();
  useDatasets.setState({ isChecking: true });
  try {
    const check = await tokenizerWorker().call('check', request, { signal: checking.signal });
    if (number !== checkNumber) return;
    useDatasets.setState({ check, checkProblem: undefined, isChecking: false });
    await showPreview(useDatasets.getState().previewRowIndex);
  } catch (error) {
    if (number !== checkNumber) return;
    useDatasets.setState({
      check: undefined,
      preview: undefined,
      checkProblem: toProblem(error),
      isChecking: false,
    });
  }
}

/** Shows one row as the model will see it. */
export async function showPreview(rowIndex: number): Promise<void> {
  const request = examplesRequest();
  if (request === undefined || useModels.getState().model === undefined) return;
  useDatasets.setState({ previewRowIndex: rowIndex });
  try {
    const number = checkNumber;
    const preview = await tokenizerWorker().call('preview', { ...request, rowIndex });
    if (number === checkNumber) useDatasets.setState({ preview });
  } catch {
    useDatasets.setState({ preview: undefined });
  }
}

async function keep(): Promise<void> {
  const { dataset, task, excludedRows } = useDatasets.getState();
  if (dataset === undefined || task === undefined) return;
  await saveRecord('datasets', { id: dataset.id, savedAt: Date.now(), view: dataset, task, excludedRows });
  await saveSetting('dataset', dataset.id);
}
