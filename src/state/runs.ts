/** All runs, the one being shown, and the one being trained. Metrics of a live run grow in the run's own record. */
import { create } from 'zustand';
import { formatPlural } from '../lib/format.ts';
import { ProblemError, toProblem, type Problem } from '../lib/problem.ts';
import { loadRecords, removeRecord, saveRecord, type RunRecord } from '../storage/records.ts';
import { readRunConfig } from '../training/readRunConfig.ts';
import { totalSteps } from '../data/sampler.ts';
import type { ProofReport } from '../training/proof/proofReport.ts';
import { engine } from '../workers/engineClient.ts';
import type { EngineEvent, RunPhase } from '../workers/protocol.ts';
import { tokenizerWorker } from '../workers/tokenizerClient.ts';
import { dropAdapter, registerAdapter } from './adapters.ts';
import { examplesRequest, useDatasets } from './datasets.ts';
import { ensureDevice } from './device.ts';
import { ensureModel, useModels } from './models.ts';
import { readRunRecord } from './readRunRecord.ts';
import { methodName } from './runFacts.ts';
import { useRunSetup } from './runSetup.ts';
import { isProofOf } from './runStamp.ts';

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
  const elsewhere = await runsInOtherTabs();
  for (const run of runs) {
    if ((run.status === 'running' || run.status === 'paused') && !elsewhere.has(run.id)) {
      run.status = 'interrupted';
      await saveRecord('runs', run);
    }
  }
  runs.sort((a, b) => b.createdAt - a.createdAt);
  useRuns.setState({ runs, shownId: runs[0]?.id });
}

/** Starts a new run from the current data, model and settings. */
export async function startRun(): Promise<void> {
  if (useRuns.getState().liveId !== undefined || useRuns.getState().isStarting) return;
  useRuns.setState({ isStarting: true, problem: undefined });
  try {
    const examples = examplesRequest();
    const { dataset } = useDatasets.getState();
    const { model } = useModels.getState();
    if (examples === undefined || dataset === undefined) {
      throw new ProblemError({
        code: 'no-dataset',
        message: 'There is no dataset to learn from.',
        fix: 'Drop a file or take the sample under Data.',
      });
    }
    if (model === undefined) {
      throw new ProblemError({
        code: 'no-model',
        message: 'No model is loaded.',
        fix: 'Load the starter model or your own under Model.',
      });
    }
    const config = readRunConfig(useRunSetup.getState().config);
    const run: RunRecord = {
      id: crypto.randomUUID(),
      name: `${dataset.name.replace(/\.[^.]+$/, '')}, ${methodName(config)}`,
      createdAt: Date.now(),
      updatedAt: Date.now(),
      status: 'running',
      modelId: model.id,
      modelName: model.name,
      datasetId: dataset.id,
      datasetName: dataset.name,
      examples,
      trainExampleCount: 0,
      config,
      totalSteps: 0,
      steps: [],
      evaluations: [],
      samples: [],
    };
    await train(run, false);
  } catch (error) {
    useRuns.setState({ problem: toProblem(error) });
  } finally {
    useRuns.setState({ isStarting: false });
  }
}

/** Goes on with an interrupted or failed run from its last checkpoint. */
export async function resumeInterrupted(runId: string): Promise<void> {
  if (useRuns.getState().liveId !== undefined) return;
  const run = useRuns.getState().runs.find(({ id }) => id === runId);
  if (run === undefined) return;
  useRuns.setState({ isStarting: true, problem: undefined });
  try {
    if (!(await ensureModel(run.modelId))) {
      throw new ProblemError(
        useModels.getState().problem ?? {
          code: 'model-missing',
          message: `The model "${run.modelName}" of this run is not kept in this browser.`,
          fix: 'Load it again under Model, then resume.',
        },
      );
    }
    const from = run.checkpointStep ?? 0;
    await train(
      {
        ...run,
        status: 'running',
        problem: undefined as never,
        steps: run.steps.filter(({ step }) => step <= from),
        evaluations: from === 0 ? [] : run.evaluations.filter(({ step }) => step <= from),
        samples: from === 0 ? [] : run.samples.filter(({ step }) => step <= from),
      },
      from > 0,
    );
  } catch (error) {
    useRuns.setState({ problem: toProblem(error) });
  } finally {
    useRuns.setState({ isStarting: false });
  }
}

/** Trains under a lock of the run's own, so that no other tab takes it for interrupted or resumes it meanwhile. */
async function train(run: RunRecord, resume: boolean): Promise<void> {
  await navigator.locks.request(lockName(run.id), { ifAvailable: true }, async (lock) => {
    if (lock === null) {
      throw new ProblemError({
        code: 'run-elsewhere',
        message: 'This run is training in another tab.',
        fix: 'Go on there, or close that tab first.',
      });
    }
    await trainHere(run, resume);
  });
}

const lockName = (runId: string): string => `graft-run-${runId}`;

async function runsInOtherTabs(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name = '' }) => name.replace(/^graft-run-/, '')));
}

async function trainHere(run: RunRecord, resume: boolean): Promise<void> {
  await tokenizerWorker().call('readDataset', { id: run.datasetId });
  const prepared = await tokenizerWorker().call('prepare', run.examples);
  const { train: trainTokens, validation, validationExamples } = prepared;
  run.trainExampleCount = trainTokens.exampleCount;
  run.totalSteps = totalSteps(run.config, trainTokens.exampleCount);
  run.deviceName = (await ensureDevice()).name;
  if (run.proof !== undefined && !isProofOf(run.proof, run)) delete run.proof; // resumed on another device
  delete run.problem;
  show(run);
  await saveRecord('runs', run);
  useRuns.setState({ liveId: run.id, shownId: run.id, phase: { phase: 'preparing', done: 0, total: 1 } });
  for (const listener of whenStarted) listener(run.id);
  const samples = validationExamples.slice(0, 3).map(({ prompt, target }) => ({ prompt, reference: target }));
  try {
    const outcome = await engine().call(
      'startRun',
      {
        runId: run.id,
        name: run.name,
        modelId: run.modelId,
        config: run.config,
        train: trainTokens,
        validation,
        samples,
        resume,
      },
      { transfer: [trainTokens.inputIds.buffer, trainTokens.labelIds.buffer] },
    );
    await change(run.id, { status: outcome.status, outcome });
    await registerAdapter(outcome.adapter, run.modelId);
    for (const listener of whenFinished) listener(run.id);
  } catch (error) {
    const problem = toProblem(error);
    const isInterrupted = problem.code === 'gpu-lost' || problem.code === 'engine-died';
    await change(run.id, { status: isInterrupted ? 'interrupted' : 'failed', problem });
  } finally {
    useRuns.setState({ liveId: undefined, phase: undefined });
  }
}

const whenStarted: ((runId: string) => void)[] = [];

/** Calls back when a run was started or resumed and its device is known. */
export function onRunStarted(listener: (runId: string) => void): void {
  whenStarted.push(listener);
}

const whenFinished: ((runId: string) => void)[] = [];

/** Calls back when a run ended with something learned. */
export function onRunFinished(listener: (runId: string) => void): void {
  whenFinished.push(listener);
}

/** Holds the live run after its current step. */
export async function pauseRun(): Promise<void> {
  await withLive((runId) => engine().call('pauseRun', { runId }), 'paused');
}

/** Lets a paused run go on. */
export async function resumeRun(): Promise<void> {
  await withLive((runId) => engine().call('resumeRun', { runId }), 'running');
}

/** Ends the live run after its current step and keeps what was learned. */
export async function stopRun(): Promise<void> {
  await withLive((runId) => engine().call('stopRun', { runId }));
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

/** Stops the live run and deletes it. */
export async function discardRun(): Promise<void> {
  const { liveId } = useRuns.getState();
  if (liveId === undefined) return;
  await stopRun();
  await settled(liveId);
  await deleteRun(liveId);
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
  await change(runId, { name });
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
      void change(event.runId, { checkpointStep: event.step });
      return;
    case 'deviceChecked':
      void change(event.runId, { deviceCheck: event.kernels });
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

async function withLive(call: (runId: string) => Promise<void>, status?: RunRecord['status']): Promise<void> {
  const { liveId } = useRuns.getState();
  if (liveId === undefined) return;
  try {
    await call(liveId);
    if (status !== undefined && useRuns.getState().liveId === liveId) await change(liveId, { status });
  } catch (error) {
    useRuns.setState({ problem: toProblem(error) });
  }
}

function show(run: RunRecord): void {
  useRuns.setState(({ runs }) => ({ runs: [run, ...runs.filter(({ id }) => id !== run.id)] }));
}

/** Keeps a proof with a run. */
export async function keepProof(runId: string, proof: ProofReport): Promise<void> {
  await change(runId, { proof });
}

function update(runId: string, patch: (run: RunRecord) => Partial<RunRecord>): void {
  useRuns.setState(({ runs }) => ({
    runs: runs.map((run) => (run.id === runId ? { ...run, ...patch(run), updatedAt: Date.now() } : run)),
  }));
}

async function change(runId: string, patch: Partial<RunRecord>): Promise<void> {
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

function settled(runId: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = useRuns.subscribe(({ liveId }) => {
      if (liveId === runId) return;
      stop();
      resolve();
    });
    if (useRuns.getState().liveId !== runId) {
      stop();
      resolve();
    }
  });
}
