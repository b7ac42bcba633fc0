/**
 * One training run from the worker's side: drives the recipe, tells the page, keeps checkpoints and the best parameters
 * in the file store, and leaves an adapter there in the end.
 */
import { makeBatchSource, onePass } from '../data/batchSource.ts';
import { totalSteps } from '../data/sampler.ts';
import type { Device } from '../engine/device.ts';
import { purgePool } from '../engine/memory.ts';
import { inferencePass } from '../engine/t5/forwardPass.ts';
import { countParameters } from '../engine/t5/spec.ts';
import { blobSource } from '../formats/byteSource.ts';
import { readTensor, writeSafetensors, type TensorValues } from '../formats/safetensors.ts';
import { readSafetensorsHeader } from '../formats/safetensorsHeader.ts';
import { ProblemError } from '../lib/problem.ts';
import { loadFile, removePath, saveFile } from '../storage/fileStore.ts';
import { checkpointPath, runFolder } from '../storage/paths.ts';
import { readCheckpointState, restoreCheckpoint, writeCheckpoint } from '../training/checkpoint.ts';
import { evaluationLoss } from '../training/evaluationLoss.ts';
import { planOfRun } from '../training/runPlan.ts';
import type { EvalMetrics } from '../training/metrics.ts';
import type { RunProgress } from '../training/runProgress.ts';
import { memoryRequest } from '../training/memoryRequest.ts';
import { frozenBytes } from '../training/recomputeChoice.ts';
import { largestBatch, refuseOversize } from '../training/refuseOversize.ts';
import { totalFlos } from '../training/totalFlos.ts';
import { sft } from '../training/sft.ts';
import { openTrainables, readParameters, writeParameters, type Trainables } from '../training/trainables.ts';
import { devicePadMultiple } from './devicePadMultiple.ts';
import { generateTexts } from './generateTexts.ts';
import { prepareHalfProducts } from './halfProducts.ts';
import type { LoadedModel } from './loadedModel.ts';
import type { EngineEvent, RunOutcome, RunPhase, SampleText, StartRunRequest } from './protocol.ts';
import { makeStepReporter } from './stepReporter.ts';
import { saveAdapter, saveFull } from './tunedShelf.ts';
import { viewOfPlan } from './viewOfPlan.ts';

/** How the page steers a run while it goes on. */
export interface RunControl {
  /** Aborted: end after the current step and keep what was learned. */
  stop: AbortSignal;
  /** Resolves at once unless paused. */
  whenRunning(): Promise<void>;
}

const SAMPLE_TOKENS = 48;

/** Trains to the end or until stopped. Throws ProblemError when the device or the numbers fail. */
export async function runTraining(
  request: StartRunRequest,
  model: LoadedModel,
  device: Device,
  emit: (event: EngineEvent) => void,
  control: RunControl,
): Promise<RunOutcome> {
  const { runId, config, train, validation } = request;
  const startedAt = performance.now();
  const total = totalSteps(config, train.exampleCount);
  const tellPhase = (phase: RunPhase, done: number): void =>
    emit({ kind: 'phase', runId, phase, done, total });
  const reporter = makeStepReporter((steps) => emit({ kind: 'steps', runId, steps }));
  const { padTokenId: padId, decoderStartTokenId } = model.config;
  const collation = { padId, decoderStartTokenId, padMultiple: devicePadMultiple() };

  tellPhase('preparing', 0);
  const stored = request.resume ? await storedCheckpoint(runId) : undefined;
  if (request.resume && stored === undefined) {
    throw new ProblemError({
      code: 'checkpoint-missing',
      message: 'The checkpoint of this run is no longer kept in this browser.',
      fix: 'Duplicate its settings under Runs and start again.',
    });
  }
  const batches = makeBatchSource(train, {
    ...collation,
    ...config,
    order: 'bucketed',
    ...(stored === undefined ? {} : { state: stored.state.sampler }),
  });
  const validationBatches =
    validation.exampleCount === 0
      ? null
      : () => onePass(validation, { ...collation, batchSize: config.batchSize });
  refuseOversize(
    memoryRequest(model.config, config, largestBatch(train, config.batchSize), frozenBytes(model.weights)),
    { kind: device.kind, tensorBytes: Math.min(device.limits.maxBufferBytes, device.limits.maxBindingBytes) },
  );
  if (config.fp16) {
    await prepareHalfProducts(device, {
      signal: control.stop,
      onProgress: ({ done, total: kernels = done }) =>
        emit({ kind: 'phase', runId, phase: 'checking', done, total: kernels }),
    });
    tellPhase('preparing', 0);
  }
  const trainables = openTrainables(model, config, model.tokenizer.encode(config.prompt.text));
  try {
    if (stored !== undefined) await restoreCheckpoint(stored.source, checkpointPath(runId), trainables);

    const answerSamples = async (): Promise<SampleText[]> => {
      const pass = inferencePass(model.config, trainables.weights, trainables.adapter);
      const generations = await generateTexts(pass, model.tokenizer, sampleRequest(request), {});
      return request.samples.map((sample, i) => ({ ...sample, text: generations[i]?.text ?? '' }));
    };
    const tellEvaluation = async (metrics: EvalMetrics): Promise<void> => {
      reporter.flush();
      emit({ kind: 'evaluation', runId, metrics, samples: await answerSamples() });
      purgePool();
    };

    if (stored === undefined && validationBatches !== null) {
      tellPhase('evaluating', 0);
      const pass = inferencePass(model.config, trainables.weights, trainables.adapter);
      const before = await evaluationLoss(pass, validationBatches(), control.stop);
      if (before !== null) await tellEvaluation({ step: 0, epoch: 0, loss: before });
    }

    tellPhase('compiling', stored?.state.progress.step ?? 0);
    let hasStepped = false;
    const recipe = sft({
      config,
      trainables,
      batches,
      totalSteps: total,
      validation: validationBatches,
      problem: () => device.problem(),
      signal: control.stop,
      ...(stored === undefined ? {} : { resumeFrom: stored.state.progress }),
    });
    let result = await recipe.next();
    for (; result.done !== true; result = await recipe.next()) {
      const event = result.value;
      switch (event.kind) {
        case 'step':
          if (!hasStepped) tellPhase('training', event.metrics.step);
          hasStepped = true;
          reporter.add(event.metrics);
          break;
        case 'skipped':
          break;
        case 'evaluating':
          reporter.flush();
          tellPhase('evaluating', event.step);
          break;
        case 'evaluation':
          if (event.isBest) await saveBest(runId, trainables);
          await tellEvaluation(event.metrics);
          tellPhase('training', event.metrics.step);
          break;
        case 'checkpoint': {
          const state = { config, progress: event.progress, sampler: batches.state() };
          const bytes = await writeCheckpoint(trainables, state);
          await saveFile(checkpointPath(runId), bytes);
          reporter.flush();
          emit({ kind: 'checkpoint', runId, step: event.progress.step, byteLength: bytes.byteLength });
        }
      }
      await nextTask();
      await control.whenRunning();
    }
    reporter.flush();
    tellPhase('saving', result.value.progress.step);
    await putBestBack(runId, trainables, result.value.progress);
    await saveResult(request, model, trainables);
    return outcome(request, model, result.value, performance.now() - startedAt);
  } finally {
    reporter.flush();
    trainables.dispose();
    purgePool();
  }
}

/** Lets waiting messages (pause, stop) in: on WASM a step never leaves the thread by itself. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Removes all that a run left in the file store, but for its adapter. */
export async function forgetRunFiles(runId: string): Promise<void> {
  await removePath(runFolder(runId));
}

function outcome(
  { runId, name, config }: StartRunRequest,
  model: LoadedModel,
  { status, progress }: { status: 'done' | 'stopped'; progress: RunProgress },
  runtimeMs: number,
): RunOutcome {
  const plan = planOfRun(model.config, config);
  return {
    status,
    step: progress.step,
    trainingLoss: progress.updates === 0 ? 0 : progress.lossSum / progress.updates,
    runtimeMs,
    totalFlos: totalFlos(model.config, config, progress.inputPositions),
    ...(progress.best === null ? {} : { best: progress.best }),
    skippedSteps: progress.skippedSteps,
    adapter: {
      id: runId,
      name: `${name}, step ${progress.best?.step ?? progress.step}`,
      origin: 'run',
      ...(plan === null
        ? { method: 'full', parameterCount: countParameters(model.config) }
        : viewOfPlan(plan)),
    },
  };
}

async function saveResult(
  request: StartRunRequest,
  model: LoadedModel,
  trainables: Trainables,
): Promise<void> {
  const snapshot = await trainables.readAdapter();
  if (snapshot !== null) {
    await saveAdapter(request.runId, snapshot, model, request.name);
  } else {
    await saveFull(request.runId, await readParameters(trainables), model);
  }
}

const bestPath = (runId: string): string => `${runFolder(runId)}/best.safetensors`;

async function saveBest(runId: string, trainables: Trainables): Promise<void> {
  await saveFile(bestPath(runId), writeSafetensors(await readParameters(trainables)));
}

/** Where validation was best before the last step, that step's parameters are the result. */
async function putBestBack(runId: string, trainables: Trainables, progress: RunProgress): Promise<void> {
  if (progress.best === null || progress.best.step === progress.step) return;
  const file = await loadFile(bestPath(runId));
  if (file === undefined) return;
  const source = blobSource(file);
  const header = await readSafetensorsHeader(source, 'best.safetensors');
  const values = new Map<string, TensorValues>();
  for (const { name, shape } of header.entries.values()) {
    values.set(name, { shape, values: await readTensor(source, header, name) });
  }
  writeParameters(trainables, values);
}

async function storedCheckpoint(runId: string) {
  const file = await loadFile(checkpointPath(runId));
  if (file === undefined) return undefined;
  const source = blobSource(file);
  return { source, state: await readCheckpointState(source, checkpointPath(runId)) };
}

function sampleRequest({ samples, config }: StartRunRequest) {
  return {
    prompts: samples.map(({ prompt }) => prompt),
    maxInputTokens: config.maxInputTokens,
    maxNewTokens: Math.min(SAMPLE_TOKENS, config.maxTargetTokens),
    temperature: 0,
    topK: 0,
    topP: 1,
    seed: config.seed,
  };
}
