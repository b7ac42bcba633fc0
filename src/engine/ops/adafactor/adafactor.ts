/**
 * Adafactor (arXiv:1804.04235), the optimizer T5 was trained with: of a matrix's squared gradients only the means of rows and
 * columns are kept. As transformers.optimization.Adafactor with `beta1=None`, in plain tfjs on every backend; what WebGPU runs
 * is in adafactorAll.ts.
 */
import * as tf from '@tensorflow/tfjs';

/** A parameter and what is remembered of its squared gradients; all are variables and updated in place. */
export type AdafactorState =
  | {
      parameter: tf.Variable;
      /** Means over the last dimension, the parameter's shape without it. */
      rowMeans: tf.Variable;
      /** Means over the last dimension but one, the parameter's shape without that. */
      columnMeans: tf.Variable;
    }
  /** Of a vector every square is kept. */
  | { parameter: tf.Variable; squares: tf.Variable };

/** Constants of one step. */
export interface AdafactorOptions {
  /** Has no effect with relative steps. */
  learningRate: number;
  weightDecay: number;
  scalesByParameter: boolean;
  isRelativeStep: boolean;
  hasWarmupInit: boolean;
  clipThreshold: number;
  decayRate: number;
  squareEpsilon: number;
  scaleEpsilon: number;
  /** 1 for the first step. */
  step: number;
  /** Scalar the gradient is multiplied with, or null for 1. */
  gradientScale: tf.Scalar | null;
}

/** A parameter of which nothing is remembered yet. The parameter is adopted, the rest is new. */
export function startAdafactorState(parameter: tf.Variable): AdafactorState {
  const start = (shape: number[]) => tf.tidy(() => tf.variable(tf.zeros(shape)));
  const { shape } = parameter;
  if (shape.length < 2) return { parameter, squares: start(shape) };
  const rowMeans = start(shape.slice(0, -1));
  return { parameter, rowMeans, columnMeans: start([...shape.slice(0, -2), shape.at(-1)!]) };
}

/** The rate of a step before it is scaled by the parameter. */
export function relativeRate({
  isRelativeStep,
  hasWarmupInit,
  learningRate,
  step,
}: Pick<AdafactorOptions, 'isRelativeStep' | 'hasWarmupInit' | 'learningRate' | 'step'>): number {
  if (!isRelativeStep) return learningRate;
  return Math.min(hasWarmupInit ? 1e-6 * step : 1e-2, 1 / Math.sqrt(step));
}

/** One update in place: p ← p·(1 - lr·wd) - lr·u, where u is the gradient over its root mean square, clipped. */
export function adafactorStep(state: AdafactorState, gradient: tf.Tensor, options: AdafactorOptions): void {
  const { parameter } = state;
  tf.tidy(() => {
    const scaled = options.gradientScale === null ? gradient : tf.mul(gradient, options.gradientScale);
    const direction = tf.mul(scaled, inverseRoots(state, scaled, options));
    const clip = tf.maximum(tf.div(rootMeanSquare(direction), options.clipThreshold), 1);
    const rate = relativeRate(options);
    const size = options.scalesByParameter
      ? tf.maximum(rootMeanSquare(parameter), options.scaleEpsilon)
      : tf.scalar(1);
    const scaledRate = tf.mul(size, rate); // []
    const kept =
      options.weightDecay === 0
        ? parameter
        : tf.sub(parameter, tf.mul(parameter, tf.mul(scaledRate, options.weightDecay)));
    parameter.assign(tf.sub(kept, tf.mul(tf.div(direction, clip), scaledRate)));
  });
}

/** Updates what is remembered; then 1/√ of the squared gradients as they are estimated from it, in the gradient's shape. */
function inverseRoots(state: AdafactorState, gradient: tf.Tensor, options: AdafactorOptions): tf.Tensor {
  const beta = 1 - options.step ** options.decayRate;
  const squares = tf.add(tf.square(gradient), options.squareEpsilon);
  const remember = (memory: tf.Variable, seen: tf.Tensor): void => {
    memory.assign(tf.add(tf.mul(memory, beta), tf.mul(seen, 1 - beta)));
  };
  if ('squares' in state) {
    remember(state.squares, squares);
    return tf.rsqrt(state.squares);
  }
  remember(state.rowMeans, tf.mean(squares, -1));
  remember(state.columnMeans, tf.mean(squares, -2));
  const rows = tf.rsqrt(tf.div(state.rowMeans, tf.mean(state.rowMeans, -1, true)));
  return tf.mul(tf.expandDims(rows, -1), tf.expandDims(tf.rsqrt(state.columnMeans), -2));
}

function rootMeanSquare(x: tf.Tensor): tf.Scalar {
  return tf.sqrt(tf.mean<tf.Scalar>(tf.square(x)));
}
