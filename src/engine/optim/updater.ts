/**
 * The end of an optimizer step: from summed gradients to updated parameters, unless loss or gradient norm is not finite.
 * On WebGPU the GPU decides, and the numbers are known later; elsewhere they are read first.
 */
import * as tf from '@tensorflow/tfjs';
import { AdamwGroups } from '../ops/adamw/adamwAll.ts';
import type { AdafactorState } from '../ops/adafactor/adafactor.ts';
import { AdafactorGroups, adafactorCorrections, isMatrixOrVector } from '../ops/adafactor/adafactorAll.ts';
import type { AdamwState } from '../ops/adamw/adamw.ts';
import { globalNorm } from '../ops/globalNorm/globalNorm.ts';
import {
  adamwCorrections,
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
 * The updater for the present device; `updates` is the number of updates made before. Parameters that the kernels do not take
 * are updated by the plain versions, after loss and norm were read.
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
  if (adafactor.size > 0) {
    const onDevice = isWebgpu() && [...adafactor.values()].every(isMatrixOrVector);
    return onDevice ? openAdafactorOnDevice(adafactor, updates) : openAdafactorUpdater(adafactor);
  }
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

/** AdamW that decides on the GPU: nothing waits for numbers to be read. */
export function openDeviceUpdater(states: ReadonlyMap<string, AdamwState>, updates: number): DeviceUpdater {
  const groups = new AdamwGroups(membersOf(states));
  return deviceUpdater(updates, {
    join: (gradients) => groups.join(gradients),
    corrections: ({ adamBeta1, adamBeta2 }) => adamwCorrections(adamBeta1, adamBeta2),
    update: (joined, control, { adamBeta1: beta1, adamBeta2: beta2, adamEpsilon: epsilon }) =>
      groups.update(joined, control, { beta1, beta2, epsilon }),
    dispose: () => undefined,
  });
}

/** Adafactor that decides on the GPU; `options.adafactor` of its steps must be given. */
export function openAdafactorOnDevice(
  states: ReadonlyMap<string, AdafactorState>,
  updates: number,
): DeviceUpdater {
  const groups = new AdafactorGroups(membersOf(states));
  const settingsOf = ({ adafactor, ...options }: UpdateOptions) => {
    if (adafactor === undefined) throw new Error('Adafactor needs its settings.');
    return { ...options, ...adafactor };
  };
  return deviceUpdater(updates, {
    join: (gradients) => groups.join(gradients),
    corrections: (options) => adafactorCorrections(settingsOf(options)),
    update: (joined, control, options) => groups.update(joined, control, settingsOf(options)),
    dispose: () => groups.dispose(),
  });
}

function membersOf<State>(states: ReadonlyMap<string, State>) {
  return [...states].map(([name, state]) => ({ name, state, decays: hasWeightDecay(name) }));
}

/** An optimizer whose kernels read the decision of `decideStep`. */
interface DeviceOptimizer {
  /** One tensor per group from all gradients, which it disposes or hands over. */
  join(gradients: Gradients): tf.Tensor[];
  corrections(options: UpdateOptions): StepControlOptions['corrections'];
  update(joined: readonly tf.Tensor[], control: tf.Tensor1D, options: UpdateOptions): void;
  dispose(): void;
}

function deviceUpdater(updates: number, optimizer: DeviceOptimizer): DeviceUpdater {
  const controlOptions = (options: UpdateOptions): StepControlOptions => ({
    ...options,
    corrections: optimizer.corrections(options),
    leastUpdateNumber: options.updateNumber,
    stepsBefore: deviceStepsInFlight - 1,
  });
  const made = tf.tidy(() => tf.keep(tf.tensor1d([updates], 'int32')));
  const updater: DeviceUpdater = {
    stepsInFlight: deviceStepsInFlight,
    join: (gradients) => new Map(optimizer.join(gradients).map((joined, i) => [`group ${i}`, joined])),
    settings: (options) => stepSettings(controlOptions(options)),
    update({ loss, gradients }, settings, options) {
      const joined = [...gradients.values()];
      const norm = globalNorm(joined);
      const control = decideStep(loss, norm, made, controlOptions(options), settings);
      optimizer.update(joined, control, options);
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
    dispose() {
      made.dispose();
      optimizer.dispose();
    },
  };
  return updater;
}
