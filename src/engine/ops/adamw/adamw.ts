/** AdamW, decoupled weight decay (arXiv:1711.05101), with the arithmetic of `torch.optim.AdamW`. */
import type * as tf from '@tensorflow/tfjs';
import { isShared, isWebgpu, runKernel } from '../../runtime.ts';
import { elementWorkgroups, lanesOf, widestType } from '../wgsl.ts';
import { adamwStepReference } from './adamw.ref.ts';
import { adamwOnHeap } from './adamw.wasm.ts';
import { adamwCode } from './adamw.wgsl.ts';

/** A parameter and its two moments, of one shape; all three are updated. */
export interface AdamwState {
  parameter: tf.Variable;
  momentum: tf.Variable;
  variance: tf.Variable;
}

/** Constants of one step. */
export interface AdamwOptions {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  /** 1 for the first step: the exponent of the bias corrections. */
  step: number;
  /** Scalar the gradient is multiplied with (clipping, division by the token count), or null for 1. */
  gradientScale: tf.Scalar | null;
}

/**
 * p ← p·(1 - lr·wd) - lr · (m/(1 - β1ᵗ)) / (√v/√(1 - β2ᵗ) + ε), with m and v updated first from the scaled gradient.
 * In place on WebGPU, in one dispatch, and on WASM, unless other tensors share a buffer of the state.
 */
export function adamwStep(state: AdamwState, gradient: tf.Tensor, options: AdamwOptions): void {
  const { parameter, momentum, variance } = state;
  const held = [parameter, momentum, variance];
  if (adamwOnHeap(state, gradient, options)) return;
  if (!isWebgpu() || held.some(isShared)) {
    adamwStepReference(state, gradient, options);
    return;
  }
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale } = options;
  const type = widestType(parameter.size);
  const count = parameter.size / lanesOf(type);
  const decay = 1 - learningRate * weightDecay;
  const correction1 = 1 / (1 - beta1 ** step);
  const correction2 = 1 / Math.sqrt(1 - beta2 ** step);
  const hasScale = gradientScale !== null;
  runKernel({
    key: `adamw ${type} ${hasScale}`,
    code: () => adamwCode(type, hasScale),
    writes: held,
    reads: hasScale ? [gradient, gradientScale] : [gradient],
    uniforms: {
      u32: [count],
      f32: [learningRate, beta1, beta2, epsilon, decay, correction1, correction2],
    },
    workgroups: elementWorkgroups(count),
  });
}
