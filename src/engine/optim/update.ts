/** One AdamW update of all trained parameters, with clipping by global norm and decay groups as in transformers. */
import * as tf from '@tensorflow/tfjs';
import { adamwStep, type AdamwState } from '../ops/adamw/adamw.ts';
import type { AdafactorOptions, AdafactorState } from '../ops/adafactor/adafactor.ts';
import { zeros } from '../ops/accumulate/accumulate.ts';
import { clipScale } from '../ops/globalNorm/globalNorm.ts';
import { hasWeightDecay } from './decay.ts';
import type { Gradients } from './gradients.ts';

export type { AdamwState } from '../ops/adamw/adamw.ts';

/** A parameter and what its optimizer remembers of it. */
export type OptimizerState = AdamwState | AdafactorState;

export interface UpdateOptions {
  readonly learningRate: number;
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
  readonly weightDecay: number;
  /** 0: no clipping. */
  readonly maxGradNorm: number;
  /** What loss and gradients were multiplied by, 1 unless told; only where the GPU decides about steps. */
  readonly lossScale?: number;
  /** 1 for the first update. */
  readonly updateNumber: number;
  /** Needed where the states are Adafactor's. */
  readonly adafactor?: Pick<
    AdafactorOptions,
    | 'scalesByParameter'
    | 'isRelativeStep'
    | 'hasWarmupInit'
    | 'clipThreshold'
    | 'decayRate'
    | 'squareEpsilon'
    | 'scaleEpsilon'
  >;
}

/** A parameter with moments of zero. The parameter is adopted, the moments are new. */
export function startState(parameter: tf.Variable): AdamwState {
  const moment = () => tf.tidy(() => tf.variable(zeros(parameter.shape as [number])));
  return { parameter, momentum: moment(), variance: moment() };
}

/** Updates every state in place. `norm` is the global norm of the gradients. */
export function updateParameters(
  states: ReadonlyMap<string, AdamwState>,
  gradients: Gradients,
  norm: tf.Scalar,
  options: UpdateOptions,
): void {
  const gradientScale = options.maxGradNorm > 0 ? clipScale(norm, options.maxGradNorm) : null;
  for (const [name, state] of states) {
    adamwStep(state, gradients.get(name)!, {
      learningRate: options.learningRate,
      beta1: options.adamBeta1,
      beta2: options.adamBeta2,
      epsilon: options.adamEpsilon,
      weightDecay: hasWeightDecay(name) ? options.weightDecay : 0,
      step: options.updateNumber,
      gradientScale,
    });
  }
  gradientScale?.dispose();
}
