/**
 * What one optimizer step does, decided where its loss and gradient norm are: on the GPU, without reading them back.
 * A step that is not finite is not counted as an update, so that the next one's bias corrections are right.
 */
import * as tf from '@tensorflow/tfjs';
import { allocate, runKernel } from '../../runtime.ts';
import { stepControlCode } from './stepControl.wgsl.ts';

/** Places in the decision, a float32 tensor of `controlLength`. */
export const controlPlace = {
  /** 1: update; 0: leave everything as it is, and all but loss and norm are undefined. */
  applies: 0,
  gradientScale: 1,
  /** The two numbers of `StepControlOptions.corrections`. */
  correction1: 2,
  correction2: 3,
  loss: 4,
  norm: 5,
  learningRate: 6,
  /** 1 - learning rate · weight decay */
  decay: 7,
} as const;
const controlLength = 8;

export interface StepControlOptions {
  /** 0: no clipping. */
  readonly maxGradNorm: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** What loss and gradients were multiplied by; 1 unless told. */
  readonly lossScale?: number;
  /** Two numbers that follow from the number of the update, from 1. */
  readonly corrections: (t: number) => readonly [number, number];
  /** The number of this update, from 1, if none of the steps in flight before it is finite. */
  readonly leastUpdateNumber: number;
  /** How many steps can be in flight before it. */
  readonly stepsBefore: number;
}

/**
 * What `decideStep` has to know of a step. The corrections of all update numbers that are possible come from here, in double
 * precision: a power on the GPU would lose five digits of AdamW's 1 - β2ᵗ.
 */
export function stepSettings(options: StepControlOptions): Float32Array<ArrayBuffer> {
  const { learningRate, weightDecay, lossScale = 1, leastUpdateNumber, stepsBefore } = options;
  const corrections = Array.from({ length: stepsBefore + 1 }, (_, i) =>
    options.corrections(leastUpdateNumber + i),
  );
  const decay = 1 - learningRate * weightDecay;
  return Float32Array.from([leastUpdateNumber - 1, learningRate, decay, lossScale, ...corrections.flat()]);
}

/** AdamW's corrections of its moments: 1/(1 - β1ᵗ) and 1/√(1 - β2ᵗ). */
export function adamwCorrections(beta1: number, beta2: number): (t: number) => [number, number] {
  return (t) => [1 / (1 - beta1 ** t), 1 / Math.sqrt(1 - beta2 ** t)];
}

/**
 * The decision of a step; loss and norm [] -> [8], see `controlPlace`. `updates` [1] int32 counts the updates made on the
 * device and is increased in place. WebGPU only. `settings` are those of `options`, where they are at hand already.
 */
export function decideStep(
  loss: tf.Tensor,
  norm: tf.Tensor,
  updates: tf.Tensor,
  options: StepControlOptions,
  settings: Float32Array = stepSettings(options),
): tf.Tensor1D {
  return tf.tidy(() => {
    const control = allocate<tf.Rank.R1>([controlLength]);
    runKernel({
      key: 'stepControl',
      code: stepControlCode,
      writes: [control, updates],
      reads: [loss, norm, tf.tensor1d(settings)],
      uniforms: { f32: [options.maxGradNorm] },
      workgroups: [1, 1, 1],
    });
    return control;
  });
}
