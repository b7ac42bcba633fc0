/**
 * All runs, the one being shown, and the one being trained. Metrics of a live run grow in the run's own record.
 * `runControl.ts` starts and stops them.
 */
import { create } from 'zustand';
import { formatPlural } from '../lib/format.ts';
import { toProblem, type Problem } from '../lib/problem.ts';
import { loadRecords, removeRecord, saveRecord, type RunRecord } from '../storage/records.ts';
import type { ProofReport } from '../training/proof/proofReport.ts';
import { engine } from '../workers/engineClient.ts';
import type { EngineEvent, RunPhase } from '../workers/protocol.ts';
import { dropAdapter } from './adapters.ts';
import { readRunRecord } from './readRunRecord.ts';
import { trainingRunIds } from './runLock.ts';

export interface RunsState {
  /** Newest first. */
  runs: readonly RunRecord[];
  /** The run on show. */
  shownId?: string | undefined;
  /** The run that is training now. */
  liveId?: string | undefined;
  phase?: { phase: RunPhase; done: number; total: number } | undefined;
  /** A start or resume was asked for and is not over. */
  isStarting: boolean;
  /** Why a run could not be started. */
  problem?: Problem | undefined;
}

export const useRuns = create<RunsState>(() => ({ runs: [], isStarting: false }));

/** The run on show, if any. */
export const shownRun = ({ runs, shownId }: RunsState): RunRecord | undefined =>
  runs.find(({ id }) => id === shownId);

/** Reads the stored runs; one that was running when the page closed is now interrupted. */
export async function restoreRuns(): Promise<void> {
  const runs = (await loadRecords('runs')).map(readRunRecord);
  const elsewhere = await trainingRunIds();
  for (const run of runs) {
    if ((run.status === 'running' || run.status === 'paused') && !elsewhere.has(run.id)) {
      run.status = 'interrupted';
      await saveRecord('runs', run);
    }
  }
  runs.sort((a, b) => b.createdAt - a.createdAt);
  useRuns.setState({ runs, shownId: runs[0]?.id });
}

/** Deletes a run with its record, curve, checkpoint and adapter. */
export async function deleteRun(runId: string): Promise<void> {
  try {
    await engine().call('forgetRun', { runId });
    await removeRecord('runs', runId);
    await removeRecord('adapters', runId);
  } catch (error) {
    useRuns.setState({ problem: toProblem(error) });
    return;
  }
  dropAdapter(runId);
  useRuns.setState(({ runs, shownId }) => {
    const left = runs.filter(({ id }) => id !== runId);
    return { runs: left, shownId: shownId === runId ? left[0]?.id : shownId };
  });
}

/** Puts a run on show. */
export function showRun(runId: string): void {
  useRuns.setState({ shownId: runId });
}

/** Puts the setup form back on show, for a new run. */
export function setUpNewRun(): void {
  useRuns.setState({ shownId: undefined, problem: undefined });
}

/** Gives a run another name. */
export async function renameRun(runId: string, name: string): Promise<void> {
  await changeRun(runId, { name });
}

/** Takes in what the engine tells about a run. Called from wiring only. */
export function takeRunEvent(event: EngineEvent): void {
  switch (event.kind) {
    case 'phase':
      useRuns.setState({ phase: event });
      // Where training really starts from: steps after the checkpoint come again.
      if (event.phase === 'compiling') {
        update(event.runId, (run) => ({ steps: run.steps.filter(({ step }) => step <= event.done) }));
      }
      return;
    case 'steps':
      update(event.runId, (run) => ({ steps: [...run.steps, ...event.steps] }));
      if (performance.now() - keptAt > KEEP_EVERY_MS) void keep(event.runId);
      return;
    case 'evaluation':
      update(event.runId, (run) => ({
        evaluations: [...run.evaluations, event.metrics],
        samples: [...run.samples, { step: event.metrics.step, texts: event.samples }],
      }));
      void keep(event.runId);
      return;
    case 'checkpoint':
      void changeRun(event.runId, { checkpointStep: event.step });
      return;
    case 'deviceChecked':
      void changeRun(event.runId, { deviceCheck: event.kernels });
      return;
    case 'tokens':
    case 'proofLine':
    case 'request':
    case 'deviceLost':
      return;
  }
}

/** A one-line description of where a run stands. */
export function runStatusText(run: RunRecord): string {
  const done = run.steps.at(-1)?.step ?? 0;
  switch (run.status) {
    case 'running':
      return run.totalSteps === 0 ? 'starting' : `${Math.floor((100 * done) / run.totalSteps)} %`;
    case 'paused':
      return `paused at step ${done}`;
    case 'interrupted':
      return `interrupted at step ${done}`;
    case 'done':
      return formatPlural(done, 'step');
    case 'stopped':
      return `stopped at step ${done}`;
    case 'failed':
      return `failed at step ${done}`;
  }
}

/** Puts a run at the head of the list, or back there. */
export function putRun(run: RunRecord): void {
  useRuns.setState(({ runs }) => ({ runs: [run, ...runs.filter(({ id }) => id !== run.id)] }));
}

/** Keeps a proof with a run. */
export async function keepProof(runId: string, proof: ProofReport): Promise<void> {
  await changeRun(runId, { proof });
}

function update(runId: string, patch: (run: RunRecord) => Partial<RunRecord>): void {
  useRuns.setState(({ runs }) => ({
    runs: runs.map((run) => (run.id === runId ? { ...run, ...patch(run), updatedAt: Date.now() } : run)),
  }));
}

/** Changes a run's record and stores it. */
export async function changeRun(runId: string, patch: Partial<RunRecord>): Promise<void> {
  update(runId, () => patch);
  await keep(runId);
}

/** A reload loses at most this much of the curve. */
const KEEP_EVERY_MS = 2_000;
let keptAt = 0;

async function keep(runId: string): Promise<void> {
  keptAt = performance.now();
  const run = useRuns.getState().runs.find(({ id }) => id === runId);
  if (run !== undefined) await saveRecord('runs', run);
}
