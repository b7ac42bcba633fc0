/**
 * The end of an optimizer step: from summed gradients to updated parameters, unless loss or gradient norm is not finite.
 * On WebGPU the GPU decides, and the numbers are known later; elsewhere they are read first.
 */
import * as tf from '@tensorflow/tfjs';
import { AdamwGroups } from '../ops/adamw/adamwAll.ts';
import type { AdafactorState } from '../ops/adafactor/adafactor.ts';
import type { AdamwState } from '../ops/adamw/adamw.ts';
import { globalNorm } from '../ops/globalNorm/globalNorm.ts';
import {
  controlPlace,
  decideStep,
  stepSettings,
  type StepControlOptions,
} from '../ops/stepControl/stepControl.ts';
import { isWebgpu, readFresh } from '../runtime.ts';
import { openAdafactorUpdater } from './adafactorUpdater.ts';
import { hasWeightDecay } from './decay.ts';
import type { Gradients, LossAndGradients } from './gradients.ts';
import { updateParameters, type OptimizerState, type UpdateOptions } from './update.ts';

/** What is known of a step once the device has finished it. */
export interface StepNumbers {
  readonly meanLoss: number;
  readonly gradNorm: number;
}

export interface Updater {
  /** Steps that may be issued before the numbers of the oldest are known. */
  readonly stepsInFlight: number;
  /** Puts gradients together as `step` wants them; disposes what it does not return. */
  join(gradients: Gradients): Gradients;
  /**
   * Issues the update of one step from the sum of joined gradients, which it disposes. `options.updateNumber` is the number of this update
   * if no step in flight before it is finite. Parameters, moments and the count of updates stay as they are where
   * loss or norm is not finite.
   */
  step(summed: LossAndGradients, options: UpdateOptions): Promise<StepNumbers>;
  dispose(): void;
}

/** An updater whose step has two halves, of which the first may be recorded. */
export interface DeviceUpdater extends Updater {
  /** What `update` has to know of a step. */
  settings(options: UpdateOptions): Float32Array<ArrayBuffer>;
  /** Issues an update and returns its decision (`controlPlace`), to be given to `read`. Disposes the gradients. */
  update(summed: LossAndGradients, settings: Float32Array, options: UpdateOptions): tf.Tensor1D;
  /** The numbers of a decision, which is disposed at once. */
  read(control: tf.Tensor): Promise<StepNumbers>;
}

/** A pause between two steps on the GPU is as long as reading a number back; with one more step queued there is none. */
const deviceStepsInFlight = 2;

/**
 * The AdamW updater for the present device; `updates` is the number of updates made before. An optimizer whose kernels do
 * not read the decision of `decideStep` has to go through `openHostUpdater`.
 */
export function openUpdater(
  states: ReadonlyMap<string, OptimizerState>,
  updates: number,
): Updater | DeviceUpdater {
  const adamw = new Map<string, AdamwState>();
  const adafactor = new Map<string, AdafactorState>();
  for (const [name, state] of states) {
    if ('momentum' in state) adamw.set(name, state);
    else adafactor.set(name, state);
  }
  if (adafactor.size > 0) return openAdafactorUpdater(adafactor);
  return isWebgpu() ? openDeviceUpdater(adamw, updates) : openHostUpdater(adamw);
}

/** Reads loss and norm, then decides: one step at a time. */
export function openHostUpdater(states: ReadonlyMap<string, AdamwState>): Updater {
  return {
    stepsInFlight: 1,
    join: (gradients) => gradients,
    async step({ loss, gradients }, options) {
      const norm = globalNorm([...gradients.values()]);
      try {
        const [meanLoss, gradNorm] = [(await readFresh(loss))[0]!, (await readFresh(norm))[0]!];
        if (Number.isFinite(meanLoss) && Number.isFinite(gradNorm)) {
          updateParameters(states, gradients, norm, options);
        }
        return { meanLoss, gradNorm };
      } finally {
        tf.dispose([loss, norm, ...gradients.values()]);
      }
    },
    dispose: () => undefined,
  };
}

/** Decides on the GPU: nothing waits for numbers to be read. */
export function openDeviceUpdater(states: ReadonlyMap<string, AdamwState>, updates: number): DeviceUpdater {
  const members = [...states].map(([name, state]) => ({ name, state, decays: hasWeightDecay(name) }));
  const groups = new AdamwGroups(members);
  const made = tf.tidy(() => tf.keep(tf.tensor1d([updates], 'int32')));
  const updater: DeviceUpdater = {
    stepsInFlight: deviceStepsInFlight,
    join: (gradients) => new Map(groups.join(gradients).map((joined, i) => [`group ${i}`, joined])),
    settings: (options) => stepSettings(controlOptions(options)),
    update({ loss, gradients }, settings, options) {
      const { adamBeta1: beta1, adamBeta2: beta2, adamEpsilon: epsilon } = options;
      const joined = [...gradients.values()];
      const norm = globalNorm(joined);
      const control = decideStep(loss, norm, made, controlOptions(options), settings);
      groups.update(joined, control, { beta1, beta2, epsilon });
      tf.dispose([loss, norm, ...joined]);
      return control;
    },
    async read(control) {
      const reading = readFresh(control);
      control.dispose();
      const numbers = await reading;
      return { meanLoss: numbers[controlPlace.loss]!, gradNorm: numbers[controlPlace.norm]! };
    },
    step: (summed, options) => updater.read(updater.update(summed, updater.settings(options), options)),
    dispose: () => made.dispose(),
  };
  return updater;
}

function controlOptions(options: UpdateOptions): StepControlOptions {
  return {
    ...options,
    beta1: options.adamBeta1,
    beta2: options.adamBeta2,
    leastUpdateNumber: options.updateNumber,
    stepsBefore: deviceStepsInFlight - 1,
  };
}
