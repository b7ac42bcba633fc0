/**
 * Supervised fine-tuning, LoRA or full, as one loop from top to bottom: batches in, events out. It knows neither workers
 * nor storage. The caller pauses it by not asking for the next event, and stops it by `signal`.
 */
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../data/batch.ts';
import type { BatchSource } from '../data/batchSource.ts';
import { gpuBytes, purgePool } from '../engine/memory.ts';
import { globalNorm } from '../engine/ops/globalNorm/globalNorm.ts';
import { sumGradients } from '../engine/optim/gradients.ts';
import { learningRateAt } from '../engine/optim/schedules.ts';
import { updateParameters } from '../engine/optim/update.ts';
import { isWebgpu, readFresh } from '../engine/runtime.ts';
import { activationBytes } from '../engine/t5/activationBytes.ts';
import { uploadBatch } from '../engine/t5/batchTensors.ts';
import { inferencePass, type ForwardPass } from '../engine/t5/forwardPass.ts';
import { loss } from '../engine/t5/t5.ts';
import { deriveSeed } from '../lib/prng.ts';
import { ProblemError, type Problem } from '../lib/problem.ts';
import { evaluationLoss } from './evaluationLoss.ts';
import type { EvalMetrics, StepMetrics } from './metrics.ts';
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
}

export type SftEvent =
  | { kind: 'step'; metrics: StepMetrics }
  /** Loss or gradient was not finite: parameters were left as they were. */
  | { kind: 'skipped'; step: number; skippedSteps: number }
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

/** Trains to `totalSteps`. Throws a ProblemError when the device fails or the loss stays non-finite. */
export async function* sft(run: SftRun): AsyncGenerator<SftEvent, SftOutcome, undefined> {
  const { config, trainables, batches, totalSteps } = run;
  const progress = structuredClone(run.resumeFrom ?? startProgress());
  const schedule = { ...config, totalSteps };
  let lastSaved = progress.step;

  while (progress.step < totalSteps && run.signal?.aborted !== true) {
    const startedAt = performance.now();
    const step = progress.step + 1;
    const learningRate = learningRateAt(progress.step, schedule);
    const stepBatches = batches.nextStep();
    const { meanLoss, gradNorm } = await trainStep(
      run,
      stepBatches,
      step,
      learningRate,
      progress.updates + 1,
    );
    failOn(run.problem?.());
    progress.step = step;

    if (Number.isFinite(meanLoss) && Number.isFinite(gradNorm)) {
      progress.updates++;
      progress.skippedInARow = 0;
      progress.lossSum += meanLoss;
      const metrics: StepMetrics = {
        step,
        epoch: batches.epochAfter(step),
        loss: meanLoss,
        learningRate,
        gradNorm,
        tokenCount: count(stepBatches, (batch) => batch.inputTokenCount + batch.labelTokenCount),
        stepMs: performance.now() - startedAt,
        gpuBytes: gpuBytes(),
      };
      yield { kind: 'step', metrics };
    } else {
      progress.skippedSteps++;
      progress.skippedInARow++;
      if (progress.skippedInARow >= MAX_SKIPPED_IN_A_ROW) throw notFinite(step, meanLoss, gradNorm);
      yield { kind: 'skipped', step, skippedSteps: progress.skippedSteps };
    }

    if (run.validation !== null && isEvaluationDue(run, step)) {
      yield { kind: 'evaluating', step };
      const pass = inferencePass(trainables.model, trainables.weights, trainables.adapter);
      const found = await evaluationLoss(pass, run.validation(), run.signal);
      failOn(run.problem?.());
      purgePool(); // batches of other shapes came by; their buffers would stay for good
      if (found !== null) {
        const isBest = progress.best === null || found < progress.best.loss;
        if (isBest) progress.best = { step, loss: found };
        const metrics: EvalMetrics = { step, epoch: batches.epochAfter(step), loss: found };
        yield { kind: 'evaluation', metrics, isBest };
      }
    }
    if (step % config.saveSteps === 0) {
      failOn(run.problem?.()); // a broken state must not replace a sound checkpoint
      lastSaved = step;
      yield { kind: 'checkpoint', progress: structuredClone(progress) };
    }
  }
  if (lastSaved !== progress.step) yield { kind: 'checkpoint', progress: structuredClone(progress) };
  return { status: progress.step < totalSteps ? 'stopped' : 'done', progress };
}

/**
 * Loss and gradients of one step; then, if both are finite, one AdamW update. The two numbers are read before the update
 * is issued: a bad step leaves parameters, moments and the update count exactly as they were.
 */
async function trainStep(
  run: SftRun,
  batches: readonly Batch[],
  step: number,
  learningRate: number,
  updateNumber: number,
): Promise<{ meanLoss: number; gradNorm: number }> {
  const { config, trainables } = run;
  const labelTokens = Math.max(
    1,
    count(batches, (batch) => batch.labelTokenCount),
  );
  const variables = new Map([...trainables.states].map(([name, { parameter }]) => [name, parameter]));
  const summed = sumGradients(
    variables,
    (i) => {
      const batch = batches[i]!;
      return loss(trainingPass(run, batch, `step ${step} batch ${i}`), uploadBatch(batch), labelTokens);
    },
    batches.length,
  );
  const gradients = [...summed.gradients.values()];
  const norm = globalNorm(gradients);
  const measured = tf.stack([summed.loss, norm]); // [2]
  try {
    const [meanLoss, gradNorm] = (await readFresh(measured)) as Float32Array & [number, number];
    if (Number.isFinite(meanLoss) && Number.isFinite(gradNorm)) {
      updateParameters(trainables.states, summed.gradients, norm, { ...config, learningRate, updateNumber });
    }
    return { meanLoss, gradNorm };
  } finally {
    tf.dispose([measured, norm, summed.loss, ...gradients]);
  }
}

/** A pass with dropout, whose masks follow from the run's seed and this place in it. */
function trainingPass({ config, trainables }: SftRun, batch: Batch, place: string): ForwardPass {
  const { adapter, model, weights } = trainables;
  return {
    config: model,
    weights,
    adapter: adapter === null ? null : { adapter, strength: 1, dropoutRate: config.lora.dropout },
    dropoutRate: config.dropout,
    seed: deriveSeed(config.seed, place),
    recomputesBlocks: activationBytes(model, batch) > keptBytesLimit(),
  };
}

/** Above this estimate blocks are recomputed: a third of the memory for one and a half times the time. */
function keptBytesLimit(): number {
  return isWebgpu() ? 1.5e9 : 0.8e9; // WASM's heap ends at 4 GB, and its plain ops keep more than the kernels do
}

function isEvaluationDue({ config, batches, totalSteps }: SftRun, step: number): boolean {
  const every = config.evalSteps > 0 ? config.evalSteps : batches.stepsPerEpoch;
  return step % every === 0 || step === totalSteps;
}

function failOn(problem: Problem | undefined): void {
  if (problem !== undefined) throw new ProblemError(problem);
}

function notFinite(step: number, meanLoss: number, gradNorm: number): ProblemError {
  return new ProblemError({
    code: 'loss-not-finite',
    message: `The loss was not a finite number in ${MAX_SKIPPED_IN_A_ROW} steps in a row, the last at step ${step} (loss ${meanLoss}, gradient norm ${gradNorm}).`,
    fix: 'Lower the learning rate or set gradient clipping to 1, and start again from the last checkpoint.',
  });
}

function count(batches: readonly Batch[], tokens: (batch: Batch) => number): number {
  return batches.reduce((sum, batch) => sum + tokens(batch), 0);
}
