/** Softmax cross-entropy over the vocabulary; labels below zero (-100) are not learned. */
import * as tf from '@tensorflow/tfjs';
import { allocate, bufferHolders, isWebgpu, reductionStyle, runKernel, shareBuffer } from '../../runtime.ts';
import { customGradient } from '../customGradient.ts';
import { elementWorkgroups, lanesOf, rowWorkgroups, widestType } from '../wgsl.ts';
import {
  crossEntropySumReference,
  logitsGradientReference,
  tokenLossesReference,
} from './crossEntropy.ref.ts';
import { forwardCode, gradientCode, sumCode } from './crossEntropy.wgsl.ts';

/**
 * Sum over learned tokens of -log softmax(logits)[label]; logits [N,V], labels [N] int32 -> scalar. The caller divides.
 * On WebGPU the backward pass writes the gradient over the logits' own buffer unless clones or reshapes of the logits
 * share it; logits must therefore not be read after the backward pass.
 */
export function crossEntropySum(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  if (!isWebgpu()) return crossEntropySumReference(logits, labels);
  return customGradient([logits] as const, (scores) => {
    const { losses, sums } = rowLosses(scores, labels);
    return {
      value: sumOf(losses),
      saved: [scores, labels, sums],
      gradient: (dy, saved) => {
        const [kept, targets, keptSums] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor2D];
        return [logitsGradient(dy, kept, targets, keptSums)];
      },
    };
  });
}

/**
 * The loss of each token, 0 where it is not learned; logits [N,V], labels [N] int32 -> [N]. No gradient.
 * With smoothing ε: (1 - ε)·(-log p[label]) + ε·mean over the vocabulary of -log p, as transformers' LabelSmoother.
 */
export function tokenLosses(logits: tf.Tensor2D, labels: tf.Tensor1D, smoothing = 0): tf.Tensor1D {
  if (!isWebgpu()) return tokenLossesReference(logits, labels, smoothing);
  return tf.tidy(() => rowLosses(logits, labels, smoothing).losses);
}

/**
 * Losses of the tokens [N] and the gradient [N,V] of dy times their sum, for callers that use the logits no more: on WebGPU
 * the gradient takes their buffer.
 */
export function lossesAndGradient(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  dy: tf.Scalar,
  smoothing = 0,
): { losses: tf.Tensor1D; dlogits: tf.Tensor2D } {
  if (!isWebgpu()) {
    return {
      losses: tokenLossesReference(logits, labels, smoothing),
      dlogits: logitsGradientReference(dy, logits, labels, smoothing),
    };
  }
  const { losses, sums } = rowLosses(logits, labels, smoothing);
  const dlogits = logitsGradient(dy, logits, labels, sums, smoothing);
  sums.dispose();
  return { losses, dlogits };
}

function rowLosses(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  smoothing = 0,
): { losses: tf.Tensor1D; sums: tf.Tensor2D } {
  const [rows, vocabSize] = logits.shape;
  const style = reductionStyle();
  const type = widestType(vocabSize);
  const losses = allocate<tf.Rank.R1>([rows]);
  const sums = allocate<tf.Rank.R2>([rows, 2]);
  runKernel({
    key: `crossEntropy ${style} ${type} ${smoothing > 0}`,
    code: () => forwardCode(style, type, smoothing > 0),
    writes: [losses, sums],
    reads: [logits, labels],
    uniforms: { u32: [rows, vocabSize / lanesOf(type)], ...(smoothing > 0 ? { f32: [smoothing] } : {}) },
    workgroups: rowWorkgroups(style, rows),
  });
  return { losses, sums };
}

/** Σ values. */
export function sumOf(values: tf.Tensor1D): tf.Scalar {
  if (!isWebgpu()) return tf.sum(values);
  const style = reductionStyle();
  const sum = allocate<tf.Rank.R0>([]);
  runKernel({
    key: `sum ${style}`,
    code: () => sumCode(style),
    writes: [sum],
    reads: [values],
    uniforms: { u32: [1, values.size] },
    workgroups: rowWorkgroups(style, 1),
  });
  return sum;
}

function logitsGradient(
  dy: tf.Scalar,
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  sums: tf.Tensor2D,
  smoothing = 0,
): tf.Tensor2D {
  const [rows, vocabSize] = logits.shape;
  const type = widestType(vocabSize);
  const columns = vocabSize / lanesOf(type);
  // The caller's logits and the copy saved for this gradient; anything more is somebody else's.
  const inPlace = bufferHolders(logits) <= 2;
  const dlogits = inPlace ? shareBuffer(logits) : allocate<tf.Rank.R2>([rows, vocabSize]);
  runKernel({
    key: `crossEntropy gradient ${type} ${inPlace} ${smoothing > 0}`,
    code: () => gradientCode(type, inPlace, smoothing > 0),
    writes: [dlogits],
    reads: [...(inPlace ? [] : [logits]), labels, sums, dy],
    uniforms: { u32: [rows * columns, columns], ...(smoothing > 0 ? { f32: [smoothing] } : {}) },
    workgroups: elementWorkgroups(rows * columns),
  });
  return dlogits;
}
