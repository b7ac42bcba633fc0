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
import { inferencePass, type ForwardPass } from '../../engine/t5/forwardPass.ts';
import { forward, loss } from '../../engine/t5/t5.ts';
import { copyToVariable } from '../../engine/weights.ts';
import { makePrng, type Prng } from '../../lib/prng.ts';
import type { Job } from '../../lib/progress.ts';
import { assignValues, type BaseModel } from '../trainables.ts';
import { proofBatch } from './proofBatch.ts';
import type { ProofLine } from './proofReport.ts';

/**
 * Difference allowed, as a share of the gradient's length: rounding of a 32-bit loss, seen through a small step. ReLU has
 * a kink that a unit may cross within the step, so T5 v1.0 needs more room; a gradient of zeros is off by 1.
 */
export const GRADIENT_TOLERANCE = { 'gated-gelu': 0.02, relu: 0.25 } as const;

/** How far the loss should move: far above its rounding, near enough to be smooth. Nats per token. */
const LOSS_MOVE = 2e-3;
/** No weight moves further than this share of its tensor's root mean square. */
const LARGEST_MOVE = 0.1;
/** Share of a tensor's weights in the random direction, and their least number. */
const SAMPLED_SHARE = 0.05;
const LEAST_SAMPLED = 64;

/** Rounding of a mean loss in 32 bits, nats. */
const ROUNDING = 1e-6;

const CLAIM = 'Gradients are those of the loss';

/** Checks one tensor of each kind. `tensors` other than the checked ones stay frozen; nothing is changed. */
export async function gradientProof(base: BaseModel, seed: number, job: Job): Promise<ProofLine> {
  const random = makePrng(seed);
  const batch = proofBatch(base.config, seed);
  const names = oneOfEachKind([...base.weights.keys()], random);
  const variables = new Map(names.map((name) => [name, copyToVariable(base.weights.get(name)!)]));
  const pass = inferencePass(base.config, new Map([...base.weights, ...variables]));
  try {
    const divisor = batch.labelTokenCount;
    const { loss: value, gradients } = sumGradients(
      variables,
      () => loss(pass, uploadBatch(batch), divisor),
      1,
    );
    value.dispose();
    const known = new Map<string, Float32Array>();
    for (const [name, gradient] of gradients) known.set(name, await readFresh(gradient));
    tf.dispose([...gradients.values()]);

    let worst = { name: '', error: 0 };
    for (const [done, [name, variable]] of [...variables].entries()) {
      job.signal?.throwIfAborted();
      job.onProgress?.({ phase: 'Checking gradients', done, total: variables.size, unit: 'tensors' });
      const error = await tensorError(pass, batch, variable, known.get(name)!, random);
      if (!(error <= worst.error)) worst = { name, error };
    }
    const tolerance = GRADIENT_TOLERANCE[base.config.feedForwardProj];
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
    tf.dispose([...variables.values()]);
  }
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
    const room = largestWeightMove / (highest(direction) || 1);
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

function highest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
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

/** For each kind of tensor (the name without block numbers, encoder and decoder apart) one of them by chance. */
function oneOfEachKind(names: readonly string[], random: Prng): string[] {
  const kinds = new Map<string, string[]>();
  for (const name of names) {
    const kind = name.replaceAll(/\.\d+\./gu, '.');
    kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  }
  return [...kinds.values()].map((members) => members[random.below(members.length)]!);
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
