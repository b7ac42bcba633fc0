/**
 * The model's own gradients against central differences of its own loss, on the device at hand: one tensor of every kind,
 * each moved along its gradient, and with some of its weights up or down by chance. Silent zeros, wholly or in places, and
 * gradients of another tensor show here.
 */
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../data/batch.ts';
import { tokenLosses } from '../../engine/ops/crossEntropy/crossEntropy.ts';
import { sumGradients } from '../../engine/optim/gradients.ts';
import { readFresh } from '../../engine/runtime.ts';
import { uploadBatch } from '../../engine/t5/batchTensors.ts';
import type { HeldReluPass } from '../../engine/t5/feedForward.ts';
import { inferencePass, type ForwardPass } from '../../engine/t5/forwardPass.ts';
import { forward, loss } from '../../engine/t5/t5.ts';
import { copyToVariable } from '../../engine/weights.ts';
import { largestSize } from '../../lib/differences.ts';
import { makePrng, type Prng } from '../../lib/prng.ts';
import type { Job } from '../../lib/progress.ts';
import { assignValues, type BaseModel } from '../trainables.ts';
import { proofBatch } from './proofBatch.ts';
import type { ProofLine } from './proofReport.ts';
import { oneOfEachKind } from './tensorKinds.ts';

/**
 * Difference allowed, as a share of the gradient's length. What is left of a right gradient's error is rounding: the loss
 * moves by `LOSS_MOVE`, 500 times what 32 bits round it by, and ReLUs are held straight meanwhile. Measured is 0.3 % and
 * less; a gradient of zeros is off by 1, one of another tensor by more.
 */
export const GRADIENT_TOLERANCE = 0.01;

/** How far the loss should move: far above its rounding, near enough to be smooth. Nats per token. */
const LOSS_MOVE = 1e-3;
/** No weight moves further than this share of its tensor's root mean square. */
const LARGEST_MOVE = 0.05;
/** Share of a tensor's weights in the random direction, and their least number. */
const SAMPLED_SHARE = 0.05;
const LEAST_SAMPLED = 64;

/** What rounding in 32 bits may do to a mean loss of some nats and, through it, to a slope times its step. */
const ROUNDING = 2e-6;

const CLAIM = 'Gradients are those of the loss';

/** Checks one tensor of each kind. `tensors` other than the checked ones stay frozen; nothing is changed. */
export async function gradientProof(base: BaseModel, seed: number, job: Job): Promise<ProofLine> {
  const random = makePrng(seed);
  const batch = proofBatch(base.config, seed);
  const names = oneOfEachKind([...base.weights.keys()], random);
  const variables = new Map(names.map((name) => [name, copyToVariable(base.weights.get(name)!)]));
  const pass = inferencePass(base.config, new Map([...base.weights, ...variables]));
  let slopes: ReadonlyMap<string, tf.Tensor2D> = new Map();
  try {
    const divisor = batch.labelTokenCount;
    const { loss: value, gradients } = sumGradients(
      variables,
      () => loss(pass, uploadBatch(batch), divisor),
      1,
    );
    value.dispose();
    slopes = reluSlopes(pass, batch);
    const held: HeldReluPass = { ...pass, reluSlopes: slopes };
    const known = new Map<string, Float32Array>();
    for (const [name, gradient] of gradients) known.set(name, await readFresh(gradient));
    tf.dispose([...gradients.values()]);

    let worst = { name: '', error: 0 };
    for (const [done, [name, variable]] of [...variables].entries()) {
      job.signal?.throwIfAborted();
      job.onProgress?.({ phase: 'Checking gradients', done, total: variables.size, unit: 'tensors' });
      const error = await tensorError(held, batch, variable, known.get(name)!, random);
      if (!(error <= worst.error)) worst = { name, error };
    }
    const tolerance = GRADIENT_TOLERANCE;
    const holds = worst.error <= tolerance;
    return {
      id: 'gradients',
      claim: CLAIM,
      verdict: holds ? 'holds' : 'fails',
      finding: holds
        ? `${variables.size} tensors, one of each kind, agree with central differences; the largest difference is ${percent(worst.error)} of a gradient.`
        : `${worst.name} differs from central differences by ${percent(worst.error)} of its gradient.`,
      error: worst.error,
      tolerance,
    };
  } finally {
    tf.dispose([...variables.values(), ...slopes.values()]);
  }
}

/** 1 where a ReLU lets its input through at the present weights and 0 elsewhere, by the path of its `wi`; none when gated. */
function reluSlopes(pass: ForwardPass, batch: Batch): ReadonlyMap<string, tf.Tensor2D> {
  const slopes = new Map<string, tf.Tensor2D>();
  const watch = (path: string, output: tf.Tensor): void => {
    if (path.endsWith('.DenseReluDense.wi')) slopes.set(path, tf.keep(tf.step(output as tf.Tensor2D)));
  };
  tf.dispose(tf.tidy(() => forward({ ...pass, watch }, uploadBatch(batch))));
  return slopes;
}

/** The larger of both directions' errors, as a share of the gradient's length there; Infinity where not finite. */
async function tensorError(
  pass: ForwardPass,
  batch: Batch,
  variable: tf.Variable,
  gradient: Float32Array,
  random: Prng,
): Promise<number> {
  const start = await readFresh(variable);
  const length = norm(gradient);
  const along = gradient.map((g) => g / (length || 1));
  const sampled = sampledSigns(gradient.length, random);
  const sampledLength = norm(gradient.map((g, i) => g * sampled[i]!));
  const largestWeightMove = (LARGEST_MOVE * norm(start)) / Math.sqrt(start.length);
  let largest = 0;
  for (const [direction, scale] of [
    [along, length],
    [sampled, Math.max(sampledLength, SAMPLED_SHARE * length)],
  ] as const) {
    const room = largestWeightMove / (largestSize(direction) || 1);
    const step = Math.min(LOSS_MOVE / (scale || 1), room);
    const measured = await slope(async (at) => lossAt(pass, batch, variable, start, direction, at), step);
    const off = Math.abs(measured - dot(gradient, direction));
    // What rounding of the loss alone may do is no error of the gradient.
    const error = off <= ROUNDING / step ? 0 : off / Math.max(scale, 1e-12);
    largest = Number.isFinite(error) ? Math.max(largest, error) : Infinity;
  }
  assignValues(variable, start);
  return largest;
}

/** Slope at 0 by central differences of fourth order: exact for polynomials up to the fourth power. */
async function slope(f: (at: number) => Promise<number>, step: number): Promise<number> {
  const near = (await f(step)) - (await f(-step));
  const far = (await f(2 * step)) - (await f(-2 * step));
  return (8 * near - far) / (12 * step);
}

/** 1 or -1 for some of the weights, chosen by chance, and 0 for all others. */
function sampledSigns(count: number, random: Prng): Float32Array {
  const share = Math.max(SAMPLED_SHARE, LEAST_SAMPLED / count);
  return Float32Array.from({ length: count }, () =>
    random.next() >= share ? 0 : random.next() < 0.5 ? -1 : 1,
  );
}

/** The mean loss per token with the variable moved, summed in 64 bits. */
async function lossAt(
  pass: ForwardPass,
  batch: Batch,
  variable: tf.Variable,
  start: Float32Array,
  direction: Float32Array,
  step: number,
): Promise<number> {
  assignValues(
    variable,
    start.map((value, i) => value + step * direction[i]!),
  );
  const losses = tf.tidy(() => {
    const tensors = uploadBatch(batch);
    return tokenLosses(forward(pass, tensors), tensors.labels);
  });
  const values = await readFresh(losses);
  losses.dispose();
  return values.reduce((sum, value) => sum + value, 0) / batch.labelTokenCount;
}

function norm(values: Float32Array): number {
  return Math.sqrt(dot(values, values));
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toPrecision(2)} %` : 'more than any number';
}
