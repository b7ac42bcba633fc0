/** Starting, resuming, pausing and stopping runs. */
import { totalSteps } from '../data/sampler.ts';
import { ProblemError, toProblem } from '../lib/problem.ts';
import { saveRecord, type RunRecord } from '../storage/records.ts';
import { readRunConfig } from '../training/readRunConfig.ts';
import { engine } from '../workers/engineClient.ts';
import { tokenizerWorker } from '../workers/tokenizerClient.ts';
import { registerAdapter } from './adapters.ts';
import { examplesRequest, useDatasets } from './datasets.ts';
import { ensureDevice } from './device.ts';
import { ensureModel, useModels } from './models.ts';
import { methodName } from './runFacts.ts';
import { withRunLock } from './runLock.ts';
import { changeRun, deleteRun, putRun, useRuns } from './runs.ts';
import { useRunSetup } from './runSetup.ts';
import { isProofOf } from './runStamp.ts';

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
    await withRunLock(run.id, () => train(run, false));
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
    const rest: RunRecord = {
      ...run,
      status: 'running',
      problem: undefined as never,
      steps: run.steps.filter(({ step }) => step <= from),
      evaluations: from === 0 ? [] : run.evaluations.filter(({ step }) => step <= from),
      samples: from === 0 ? [] : run.samples.filter(({ step }) => step <= from),
    };
    await withRunLock(run.id, () => train(rest, from > 0));
  } catch (error) {
    useRuns.setState({ problem: toProblem(error) });
  } finally {
    useRuns.setState({ isStarting: false });
  }
}

async function train(run: RunRecord, resume: boolean): Promise<void> {
  await tokenizerWorker().call('readDataset', { id: run.datasetId });
  const prepared = await tokenizerWorker().call('prepare', run.examples);
  const { train: trainTokens, validation, validationExamples } = prepared;
  run.trainExampleCount = trainTokens.exampleCount;
  run.totalSteps = totalSteps(run.config, trainTokens.exampleCount);
  run.deviceName = (await ensureDevice()).name;
  if (run.proof !== undefined && !isProofOf(run.proof, run)) delete run.proof; // resumed on another device
  delete run.problem;
  putRun(run);
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
    if (outcome.step === 0 && outcome.skippedSteps === 0) {
      await changeRun(run.id, { status: 'interrupted' }); // stopped before it tried to learn anything
      return;
    }
    await changeRun(run.id, { status: outcome.status, outcome });
    await registerAdapter(outcome.adapter, run.modelId);
    for (const listener of whenFinished) listener(run.id);
  } catch (error) {
    const problem = toProblem(error);
    const isInterrupted = problem.code === 'gpu-lost' || problem.code === 'engine-died';
    await changeRun(run.id, { status: isInterrupted ? 'interrupted' : 'failed', problem });
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

/** Stops the live run and deletes it. */
export async function discardRun(): Promise<void> {
  const { liveId } = useRuns.getState();
  if (liveId === undefined) return;
  await stopRun();
  await settled(liveId);
  await deleteRun(liveId);
}

async function withLive(call: (runId: string) => Promise<void>, status?: RunRecord['status']): Promise<void> {
  const { liveId } = useRuns.getState();
  if (liveId === undefined) return;
  try {
    await call(liveId);
    if (status !== undefined && useRuns.getState().liveId === liveId) await changeRun(liveId, { status });
  } catch (error) {
    useRuns.setState({ problem: toProblem(error) });
  }
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
