/**
 * Optimizer steps from micro-batches to numbers. On a GPU the commands of a step are recorded by shape and
 * replayed, so that what a step costs in JavaScript does not grow with the network.
 */
import * as tf from '@tensorflow/tfjs';
import { settlePool } from '../memory.ts';
import { addInPlace } from '../ops/accumulate/accumulate.ts';
import { withProductBits } from '../ops/linear/matmulChoice.ts';
import type { ProductBits } from '../ops/linear/matmulKernels.ts';
import { Replays, type ReplayCounts } from '../replay/replays.ts';
import type { StepInputs } from '../replay/stepInputs.ts';
import { allocate, copyTensor, readFresh } from '../runtime.ts';
import type { ForwardPass } from '../t5/forwardPass.ts';
import { gradientsOf, sumGradients, type LossAndGradients } from './gradients.ts';
import type { Weights } from '../weights.ts';
import type { OptimizerState, UpdateOptions } from './update.ts';
import { openUpdater, type DeviceUpdater, type StepNumbers } from './updater.ts';

/** One forward and backward pass of a step. */
export interface MicroBatch {
  /** Everything that decides which commands it takes, besides what stays the same for the whole run. */
  readonly key: string;
  /** All that differs between two micro-batches of one key. */
  readonly inputs: StepInputs;
  /** Its share in the loss of the step. */
  loss(options: LossOptions): tf.Scalar;
}

/** What else a forward pass tells. */
export interface LossOptions {
  /** Gets scalars that are to be read back; they are disposed then. */
  readonly measured?: tf.Scalar[];
  readonly watch?: ForwardPass['watch'];
}

/** A step whose commands are on their way. */
export interface IssuedNumbers {
  readonly numbers: Promise<StepNumbers>;
  /** Values of what the micro-batches measured, in order. */
  readonly measured: Promise<number[]>;
}

export interface Steps {
  /** Steps that may be issued before the numbers of the oldest are known. */
  readonly stepsInFlight: number;
  /** How many pieces of steps were replayed; null where nothing is recorded. */
  readonly replayCounts: ReplayCounts | null;
  /** Issues gradients and update of one step; see `Updater.step`. Awaits nothing before its commands are recorded. */
  issue(batches: readonly MicroBatch[], options: UpdateOptions): IssuedNumbers;
  dispose(): void;
}

export interface StepsOptions {
  /** Optimizer updates made before. */
  readonly updates: number;
  /** The network's tensors, which losses look up. */
  readonly weights: Weights;
  /** Bits in which the products of gradients are made; 32 unless told. */
  readonly productBits?: ProductBits;
  /** Whether commands are recorded and replayed, where the device can do it. */
  readonly replays?: boolean;
}

/** Steps of the parameters of `states` on the present device. */
export function openSteps(
  states: ReadonlyMap<string, OptimizerState>,
  { updates, weights, productBits = 32, replays = true }: StepsOptions,
): Steps {
  const updater = openUpdater(states, updates);
  const variables = new Map([...states].map(([name, { parameter }]) => [name, parameter]));
  if ('update' in updater) {
    const changed = [...states.values()].flatMap((state) => Object.values(state) as tf.Variable[]);
    const recordings = replays ? new Replays({ variables: changed, weights }) : null;
    return deviceSteps(variables, updater, recordings, productBits);
  }
  if (productBits === 16) throw new Error('Products in 16 bits are for devices that decide about steps.');
  return {
    stepsInFlight: updater.stepsInFlight,
    replayCounts: null,
    issue(batches, options) {
      const measured: tf.Scalar[] = [];
      const lossOf = (i: number): tf.Scalar => batches[i]!.loss({ measured });
      const summed = sumGradients(variables, lossOf, batches.length, (found) => updater.join(found));
      return { numbers: updater.step(summed, options), measured: readAll(measured) };
    },
    dispose: () => updater.dispose(),
  };
}

function deviceSteps(
  variables: ReadonlyMap<string, tf.Variable>,
  updater: DeviceUpdater,
  replays: Replays | null,
  productBits: ProductBits,
): Steps {
  const sums = new GradientSums();
  const run = (key: string, inputs: StepInputs, work: () => tf.Tensor[]): tf.Tensor[] => {
    if (replays !== null) return replays.run(key, inputs, work);
    settlePool();
    return work();
  };
  const computed = (batch: MicroBatch, measured: tf.Scalar[]): LossAndGradients =>
    withProductBits(productBits, () =>
      gradientsOf(
        variables,
        () => batch.loss({ measured }),
        (found) => updater.join(found),
      ),
    );

  /** A step of one micro-batch is one recording. */
  const issueWhole = (batch: MicroBatch, options: UpdateOptions): tf.Tensor[] => {
    const settings = updater.settings(options);
    const { arrays, seeds } = batch.inputs;
    return run(`whole ${batch.key}`, { arrays: [...arrays, settings], seeds }, () => {
      const measured: tf.Scalar[] = [];
      const summed = computed(batch, measured);
      return [updater.update(summed, settings, options), ...measured];
    });
  };
  /** Micro-batches of different shapes come in any order: each is a recording, and so is the update. */
  const issueParts = (batches: readonly MicroBatch[], options: UpdateOptions): tf.Tensor[] => {
    const measured = batches.flatMap((batch, i) =>
      run(`${i === 0 ? 'first' : 'later'} ${batch.key}`, batch.inputs, () => {
        const found: tf.Scalar[] = [];
        sums.take(computed(batch, found), i === 0);
        return found;
      }),
    );
    const settings = updater.settings(options);
    const update = () => [updater.update(sums.summed(), settings, options)];
    return [...run('update', { arrays: [settings], seeds: [] }, update), ...measured];
  };
  return {
    stepsInFlight: updater.stepsInFlight,
    replayCounts: replays?.counts ?? null,
    issue(batches, options) {
      const [control, ...measured] =
        batches.length === 1 ? issueWhole(batches[0]!, options) : issueParts(batches, options);
      return { numbers: updater.read(control!), measured: readAll(measured as tf.Scalar[]) };
    },
    dispose() {
      replays?.dispose();
      sums.dispose();
      updater.dispose();
    },
  };
}

/** Loss and gradients of a step so far, in tensors that stay where they are from step to step. */
class GradientSums {
  private held: { loss: tf.Tensor; gradients: Map<string, tf.Tensor> } | null = null;

  /** Adds a micro-batch to what there is, or puts it in its place; disposes it. */
  take({ loss, gradients }: LossAndGradients, isFirst: boolean): void {
    const heldLike = ({ shape }: tf.Tensor): tf.Tensor => tf.keep(allocate(shape));
    this.held ??= {
      loss: heldLike(loss),
      gradients: new Map([...gradients].map(([name, gradient]) => [name, heldLike(gradient)])),
    };
    const put = isFirst ? copyTensor : addInPlace;
    put(this.held.loss, loss);
    for (const [name, sum] of this.held.gradients) put(sum, gradients.get(name)!);
    tf.dispose([loss, ...gradients.values()]);
  }

  /** The sums, to be disposed without harm to what is held here. */
  summed(): LossAndGradients {
    const { loss, gradients } = this.held!;
    return {
      loss: tf.clone(loss) as tf.Scalar,
      gradients: new Map([...gradients].map(([name, sum]) => [name, tf.clone(sum)])),
    };
  }

  dispose(): void {
    if (this.held !== null) tf.dispose([this.held.loss, ...this.held.gradients.values()]);
    this.held = null;
  }
}

/** Values of scalars, which are disposed at once. */
async function readAll(scalars: readonly tf.Scalar[]): Promise<number[]> {
  const readings = scalars.map((scalar) => readFresh(scalar));
  tf.dispose([...scalars]);
  return (await Promise.all(readings)).map(([value]) => value!);
}
