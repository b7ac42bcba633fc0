/**
 * Supervised fine-tuning, LoRA or full, as one loop from top to bottom: batches in, events out. It knows neither workers
 * nor storage. The caller pauses it by not asking for the next event, and stops it by `signal`.
 */
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../data/batch.ts';
import type { BatchSource } from '../data/batchSource.ts';
import { watchErrors } from '../engine/errorScopes.ts';
import { gpuBytes } from '../engine/memory.ts';
import { learningRateAt } from '../engine/optim/schedules.ts';
import { openSteps, type LossOptions, type MicroBatch, type Steps } from '../engine/optim/steps.ts';
import type { StepNumbers } from '../engine/optim/updater.ts';
import { uploadBatch, type BatchTensors } from '../engine/t5/batchTensors.ts';
import { inferencePass, type ForwardPass } from '../engine/t5/forwardPass.ts';
import { loss } from '../engine/t5/t5.ts';
import { deriveSeed } from '../lib/prng.ts';
import { ProblemError, type Problem } from '../lib/problem.ts';
import { evaluationLoss } from './evaluationLoss.ts';
import { firstNonFinite } from './firstNonFinite.ts';
import type { EvalMetrics, StepMetrics } from './metrics.ts';
import { recomputesLayers } from './recomputeChoice.ts';
import type { RunConfig } from './runConfig.ts';
import { startProgress, type RunProgress } from './runProgress.ts';
import type { Trainables } from './trainables.ts';

export interface SftRun {
  readonly config: RunConfig;
  readonly trainables: Trainables;
  readonly batches: BatchSource;
  /** Optimizer steps of the whole run. */
  readonly totalSteps: number;
  /** One pass over the validation rows; null when there are none. */
  readonly validation: (() => Iterable<Batch>) | null;
  /** Where a checkpoint left off; `batches` and `trainables` must stand there too. */
  readonly resumeFrom?: RunProgress;
  /** The first error of the device, if any: the run fails on it, because the GPU goes on with wrong values. */
  readonly problem?: () => Problem | undefined;
  readonly signal?: AbortSignal;
  /** Steps issued before the oldest is known, where the device can do it; 1: each waits for the one before. */
  readonly stepsInFlight?: number;
  /** False: the commands of steps are never replayed. */
  readonly replays?: boolean;
}

export type SftEvent =
  | { kind: 'step'; metrics: StepMetrics }
  /** Loss or gradient was not finite: parameters were left as they were. `firstNonFinite` names where it began. */
  | { kind: 'skipped'; step: number; skippedSteps: number; firstNonFinite: string | undefined }
  | { kind: 'evaluating'; step: number }
  /** `isBest`: the lowest validation loss so far. The parameters of this step are on the device until `next()`. */
  | { kind: 'evaluation'; metrics: EvalMetrics; isBest: boolean }
  /** A good moment to call `writeCheckpoint` with this progress, before `next()`. */
  | { kind: 'checkpoint'; progress: RunProgress };

export interface SftOutcome {
  readonly status: 'done' | 'stopped';
  readonly progress: RunProgress;
}

/** After this many steps in a row without a finite loss the run ends. */
const MAX_SKIPPED_IN_A_ROW = 3;

/**
 * Trains to `totalSteps`. Throws a ProblemError when the device fails or the loss stays non-finite.
 * A few steps are in flight at once; their events come in order, and evaluation and checkpoint find exactly the parameters
 * of their step.
 */
export async function* sft(run: SftRun): AsyncGenerator<SftEvent, SftOutcome, undefined> {
  const progress = { ...startProgress(), ...structuredClone(run.resumeFrom) };
  const { states, weights } = run.trainables;
  const { updates } = progress;
  const productBits = run.config.fp16 ? 16 : 32;
  const steps = openSteps(states, { updates, weights, productBits, replays: run.replays ?? true });
  try {
    return yield* train(run, progress, steps);
  } finally {
    steps.dispose();
  }
}

async function* train(
  run: SftRun,
  progress: RunProgress,
  steps: Steps,
): AsyncGenerator<SftEvent, SftOutcome, undefined> {
  const { config, trainables, batches, totalSteps } = run;
  const depth = Math.min(run.stepsInFlight ?? Infinity, steps.stepsInFlight);
  const inFlight: IssuedStep[] = [];
  let issued = progress.step;
  let lastSaved = progress.step;
  let settledAt = performance.now();

  for (;;) {
    while (inFlight.length < depth && issued < totalSteps && run.signal?.aborted !== true) {
      if (inFlight.length > 0 && isPauseDue(run, issued)) break;
      inFlight.push(issueStep(run, steps, ++issued, progress.updates + 1));
    }
    const oldest = inFlight.shift();
    if (oldest === undefined) break;
    const { step, learningRate, startedAt } = oldest;
    failOn((await oldest.problem) ?? run.problem?.(), step, lastSaved);
    const { meanLoss, gradNorm } = await oldest.numbers;
    const maskedLoss = await oldest.maskedLoss;
    failOn(run.problem?.(), step, lastSaved);
    const stepMs = performance.now() - Math.max(startedAt, settledAt);
    settledAt = performance.now();
    progress.step = step;
    progress.inputPositions += count(oldest.batches, (batch) => batch.size * batch.inputLength);

    if (Number.isFinite(meanLoss) && Number.isFinite(gradNorm)) {
      progress.updates++;
      progress.skippedInARow = 0;
      progress.lossSum += meanLoss;
      const metrics: StepMetrics = {
        step,
        epoch: batches.epochAfter(step),
        loss: meanLoss,
        ...(maskedLoss === null ? {} : { maskedLoss }),
        learningRate,
        gradNorm,
        tokenCount: count(oldest.batches, (batch) => batch.inputTokenCount + wordCount(batch)),
        stepMs,
        gpuBytes: gpuBytes(),
      };
      yield { kind: 'step', metrics };
    } else {
      progress.skippedSteps++;
      progress.skippedInARow++;
      const first = await whereNotFinite(run, oldest.batches, step);
      failOn(run.problem?.(), step, lastSaved);
      if (progress.skippedInARow >= MAX_SKIPPED_IN_A_ROW) {
        throw notFinite(step, { meanLoss, gradNorm }, first, config.fp16);
      }
      yield { kind: 'skipped', step, skippedSteps: progress.skippedSteps, firstNonFinite: first };
    }

    if (run.validation !== null && isEvaluationDue(run, step)) {
      yield { kind: 'evaluating', step };
      const pass = inferencePass(trainables.model, trainables.weights, trainables.adapter);
      const found = await evaluationLoss(pass, run.validation(), run.signal);
      failOn(run.problem?.(), step, lastSaved);
      if (found !== null) {
        const isBest = progress.best === null || found < progress.best.loss;
        if (isBest) progress.best = { step, loss: found };
        const metrics: EvalMetrics = { step, epoch: batches.epochAfter(step), loss: found };
        yield { kind: 'evaluation', metrics, isBest };
      }
    }
    if (step % config.saveSteps === 0) {
      failOn(run.problem?.(), step, lastSaved); // a broken state must not replace a sound checkpoint
      lastSaved = step;
      yield { kind: 'checkpoint', progress: structuredClone(progress) };
    }
  }
  if (lastSaved !== progress.step) yield { kind: 'checkpoint', progress: structuredClone(progress) };
  return { status: progress.step < totalSteps ? 'stopped' : 'done', progress };
}

/** A step whose commands are on their way. */
interface IssuedStep {
  readonly step: number;
  readonly learningRate: number;
  readonly batches: readonly Batch[];
  readonly startedAt: number;
  readonly numbers: Promise<StepNumbers>;
  /** The mean loss of words where padding is learned too; null where it is not. */
  readonly maskedLoss: Promise<number | null>;
  /** The first GPU error that its commands raised. */
  readonly problem: Promise<Problem | undefined>;
}

/** Takes the batches of the next step and issues its gradients and its update. */
function issueStep(run: SftRun, steps: Steps, step: number, updateNumber: number): IssuedStep {
  const { config, totalSteps } = run;
  const startedAt = performance.now();
  const learningRate = learningRateAt(step - 1, { ...config, totalSteps });
  const batches = run.batches.nextStep();
  const microBatches = batches.map((_, i) => microBatch(run, batches, step, i));
  const { result, problem } = watchErrors(() =>
    steps.issue(microBatches, { ...config, learningRate, updateNumber, lossScale: lossScale(run, batches) }),
  );
  const { numbers } = result;
  const maskedLoss = result.measured.then((sums) => meanOf(sums, count(batches, wordCount)));
  maskedLoss.catch(() => {});
  numbers.catch(() => {}); // told where it is awaited; a run that ends before that has told its reason
  return { step, learningRate, batches, startedAt, numbers, maskedLoss, problem };
}

function meanOf(sums: readonly number[], divisor: number): number | null {
  return sums.length === 0 ? null : sums.reduce((total, sum) => total + sum, 0) / Math.max(1, divisor);
}

/** One micro-batch of a step. Dropout masks follow from the run's seed and this place in it. */
function microBatch(run: SftRun, batches: readonly Batch[], step: number, index: number): MicroBatch {
  const batch = batches[index]!;
  const { size, inputLength, labelLength, inputIds, inputMask, decoderInputIds, labels } = batch;
  const seed = deriveSeed(run.config.seed, `step ${step} batch ${index}`);
  const divisor = Float32Array.of(learnedLabels(batches) / lossScale(run, batches));
  const isMeasured = batch.learnedPaddingCount !== undefined;
  return {
    key: `${size}x${inputLength}x${labelLength}${isMeasured ? ' measured' : ''}`,
    inputs: { arrays: [inputIds, inputMask, decoderInputIds, labels, divisor], seeds: [seed] },
    loss: (options) => stepLoss(run, batch, { seed, divisor }, options),
  };
}

/**
 * In 16 bits the sum over labels is differentiated, not their mean: the mean's gradients would lie below the least number
 * that a half can hold. The update divides, as mixed precision does with its loss scale (arXiv:1710.03740).
 */
function lossScale({ config }: SftRun, batches: readonly Batch[]): number {
  return config.fp16 ? learnedLabels(batches) : 1;
}

function learnedLabels(batches: readonly Batch[]): number {
  return Math.max(
    1,
    count(batches, (batch) => batch.labelTokenCount),
  );
}

/** What one micro-batch's share in the loss needs besides the batch. */
interface StepPlace {
  readonly seed: number;
  /** Of the sum of losses: the learned labels of the whole step, or 1 where the loss is scaled by them. */
  readonly divisor: Float32Array;
}

/** The share of one micro-batch in the loss of its step. Where padding is learned, `measured` gets the loss of words. */
function stepLoss(
  run: SftRun,
  batch: Batch,
  { seed, divisor }: StepPlace,
  { watch, measured }: LossOptions,
): tf.Scalar {
  const pass = trainingPass(run, batch, seed);
  const tensors = uploadBatch(batch);
  const isMeasured = measured !== undefined && batch.learnedPaddingCount !== undefined;
  const onTokenLosses = (losses: tf.Tensor1D): void => {
    measured?.push(wordLoss(losses, tensors, run.trainables.model.padTokenId));
  };
  return loss(watch === undefined ? pass : { ...pass, watch }, tensors, tf.tensor<tf.Rank.R0>(divisor, []), {
    smoothing: run.config.labelSmoothing,
    ...(isMeasured ? { onTokenLosses } : {}),
  });
}

/** The sum of the losses [N] whose labels are not padding; kept. */
function wordLoss(losses: tf.Tensor1D, { labels }: BatchTensors, padId: number): tf.Scalar {
  return tf.tidy(() => {
    const isWord = tf.notEqual(labels, tf.scalar(padId, 'int32')).toFloat();
    return tf.keep(tf.sum<tf.Scalar>(tf.mul(losses, isWord)));
  });
}

function variablesOf({ trainables }: SftRun): Map<string, tf.Variable> {
  return new Map([...trainables.states].map(([name, { parameter }]) => [name, parameter]));
}

/** Computes a skipped step again, in 32 bits, to name the first tensor that was not finite. */
function whereNotFinite(run: SftRun, batches: readonly Batch[], step: number): Promise<string | undefined> {
  const lossOf = (i: number, watch?: ForwardPass['watch']): tf.Scalar =>
    microBatch(run, batches, step, i).loss(watch === undefined ? {} : { watch });
  return firstNonFinite(run.trainables.weights, variablesOf(run), lossOf, batches.length);
}

/** A pass with dropout. */
function trainingPass({ config, trainables }: SftRun, batch: Batch, seed: number): ForwardPass {
  const { adapter, model, weights } = trainables;
  return {
    config: model,
    weights,
    adapter: adapter === null ? null : { adapter, strength: 1, dropoutRate: config.lora.dropout },
    dropoutRate: config.dropout,
    seed,
    recomputesBlocks: recomputesLayers(trainables, config, batch),
  };
}

/** Whether the events of a step need its very parameters, so that no later step may be issued before them. */
function isPauseDue(run: SftRun, step: number): boolean {
  return step % run.config.saveSteps === 0 || (run.validation !== null && isEvaluationDue(run, step));
}

function isEvaluationDue({ config, batches, totalSteps }: SftRun, step: number): boolean {
  const every = config.evalSteps > 0 ? config.evalSteps : batches.stepsPerEpoch;
  return step % every === 0 || step === totalSteps;
}

/** Ends the run on an error of the device: what was computed since the last checkpoint cannot be trusted. */
function failOn(problem: Problem | undefined, step: number, lastSaved: number): void {
  if (problem === undefined) return;
  const sound =
    lastSaved === 0 ? 'There is no checkpoint yet.' : `The last checkpoint is that of step ${lastSaved}.`;
  throw new ProblemError({ ...problem, message: `Step ${step}: ${problem.message} ${sound}` });
}

function notFinite(
  step: number,
  { meanLoss, gradNorm }: StepNumbers,
  first: string | undefined,
  fp16: boolean,
): ProblemError {
  const where = first === undefined ? '' : ` The first tensor that was not finite is "${first}".`;
  return new ProblemError({
    code: 'loss-not-finite',
    message: `The loss was not a finite number in ${MAX_SKIPPED_IN_A_ROW} steps in a row, the last at step ${step} (loss ${meanLoss}, gradient norm ${gradNorm}).${where}`,
    fix:
      fp16 && first === undefined
        ? 'Switch off 16-bit products, in which large numbers overflow, and start again.'
        : 'Lower the learning rate or set gradient clipping to 1, and start again from the last checkpoint.',
  });
}

/** Labels that are learned and not padding. */
function wordCount({ labelTokenCount, learnedPaddingCount = 0 }: Batch): number {
  return labelTokenCount - learnedPaddingCount;
}

function count(batches: readonly Batch[], tokens: (batch: Batch) => number): number {
  return batches.reduce((sum, batch) => sum + tokens(batch), 0);
}
