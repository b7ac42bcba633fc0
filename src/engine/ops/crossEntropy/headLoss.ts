/**
 * Projection onto the vocabulary and cross-entropy together, some rows at a time, so that the logits of all tokens never
 * exist at once. While gradients are wanted the forward pass makes them too: each chunk's logits turn into their gradient
 * where they lie, so that no product is computed twice.
 */
import * as tf from '@tensorflow/tfjs';
import { isWebgpu, runKernel, shareBuffer, submitRecorded } from '../../runtime.ts';
import { isRecording } from '../../tape.ts';
import { addInPlace } from '../accumulate/accumulate.ts';
import { customGradient } from '../customGradient.ts';
import type { GradientSum } from '../gradientSum.ts';
import { matmul } from '../linear/matmul.ts';
import type { FrozenOption } from '../linear/linear.ts';
import { elementKernel, elementWorkgroups, lanesOf, widestType } from '../wgsl.ts';
import { lossesAndGradient, sumOf, tokenLosses } from './crossEntropy.ts';
import { rowChunks } from './rowChunks.ts';

/** How states become logits. */
export interface HeadOptions extends FrozenOption {
  /** Multiplies the states; T5 v1.0 scales by D^-0.5 before its tied head. */
  scale?: number;
  /** Rows whose logits exist at once; by default as many as fit `LOGITS_BYTES`. */
  rowsAtOnce?: number;
  /** Share of each label's weight that is spread over the vocabulary; 0 unless told. */
  smoothing?: number;
  /** The sum of the head's gradients in this pass, for a head that is also an embedding. */
  gradientSum?: GradientSum | undefined;
  /** Sees the loss of each token, [N], before it is freed; the value is their sum. */
  onTokenLosses?: (losses: tf.Tensor1D) => void;
}

/**
 * Sum over learned tokens of -log softmax(scale·states·headᵀ)[label]; states [N,D], head [V,D], labels [N] int32 (below
 * zero: not learned) -> scalar. Differentiable in the states and, unless frozen, in the head.
 */
export function headLossSum(
  states: tf.Tensor2D,
  head: tf.Tensor2D,
  labels: tf.Tensor1D,
  options: HeadOptions = {},
): tf.Scalar {
  const { frozen = false } = options;
  if (!isRecording()) {
    return tf.tidy(() => {
      const losses = headTokenLosses(states, head, labels, options);
      options.onTokenLosses?.(losses);
      return sumOf(losses);
    });
  }
  const { gradientSum } = options;
  const inputs = frozen ? [states] : [states, gradientSum?.handle ?? head];
  return customGradient<tf.Tensor[], tf.Scalar>(inputs, () => {
    const { loss, dstates, dhead } = lossAndGradients(states, head, labels, options);
    return {
      value: loss,
      saved: [dstates, ...dhead],
      gradient: (dy, [savedStates, ...saved]) => {
        const back = timesScalar(savedStates!, dy); // [N,D]
        if (frozen) return [back];
        const headGradient = () => headGradientOf(saved as HeadGradient, dy); // [V,D]
        const added = gradientSum?.add((sum) =>
          sum === null ? headGradient() : sumInto(sum, headGradient()),
        );
        return [back, added ?? headGradient()];
      },
    };
  });
}

/** The head's gradient [V,D]; where there is one chunk its factors instead, [N,V] and [N,D], which are smaller; nothing if frozen. */
type HeadGradient = tf.Tensor2D[];

/** The gradient, times `factor`. */
function headGradientOf(saved: HeadGradient, factor: tf.Scalar): tf.Tensor2D {
  const [first, states] = saved;
  return states === undefined
    ? timesScalar(first!, factor)
    : matmul('TN', first!, timesScalar(states, factor));
}

/** The loss of each token, 0 where it is not learned; arguments as in `headLossSum` -> [N]. No gradient. */
export function headTokenLosses(
  states: tf.Tensor2D,
  head: tf.Tensor2D,
  labels: tf.Tensor1D,
  { scale = 1, rowsAtOnce, smoothing = 0 }: HeadOptions = {},
): tf.Tensor1D {
  return tf.tidy(() => {
    const chunks = rowChunks(states.shape[0], head.shape[0], rowsAtOnce);
    const losses = chunks.map(({ start, rows }) => {
      if (start > 0) releaseFreed();
      return tf.tidy(() => {
        const part = scaled(tf.slice(states, [start, 0], [rows, -1]), scale); // [rows,D]
        return tokenLosses(matmul('NT', part, head), tf.slice(labels, start, rows), smoothing); // [rows]
      });
    });
    return losses.length === 1 ? losses[0]! : tf.concat(losses); // [N]
  });
}

function lossAndGradients(
  states: tf.Tensor2D,
  head: tf.Tensor2D,
  labels: tf.Tensor1D,
  { frozen = false, scale = 1, rowsAtOnce, smoothing = 0, onTokenLosses }: HeadOptions,
): { loss: tf.Scalar; dstates: tf.Tensor2D; dhead: HeadGradient } {
  const one = tf.scalar(1);
  const chunks = rowChunks(states.shape[0], head.shape[0], rowsAtOnce);
  const alone = chunks.length === 1;
  let dhead: HeadGradient = [];
  const parts = chunks.map(({ start, rows }) => {
    if (start > 0) releaseFreed();
    const [losses, dstates, ...dheadPart] = tf.tidy(() => {
      const part = scaled(tf.slice(states, [start, 0], [rows, -1]), scale); // [rows,D]
      const logits = matmul('NT', part, head); // [rows,V]
      const found = lossesAndGradient(logits, tf.slice(labels, start, rows), one, smoothing); // [rows], [rows,V]
      const back = scaled(matmul('NN', found.dlogits, head), scale); // [rows,D]
      if (frozen) return [found.losses, back] as const;
      if (alone) return [found.losses, back, found.dlogits, part] as const;
      return [found.losses, back, matmul('TN', found.dlogits, part)] as const; // [V,D]
    });
    dhead = dhead.length === 0 ? dheadPart : dhead.map((sum, i) => sumInto(sum, dheadPart[i]!));
    return { losses, dstates };
  });
  const losses = alone ? parts[0]!.losses : tf.concat(parts.map((part) => part.losses)); // [N]
  onTokenLosses?.(losses);
  return {
    loss: sumOf(losses),
    dstates: alone ? parts[0]!.dstates : tf.concat(parts.map(({ dstates }) => dstates)), // [N,D]
    dhead,
  };
}

/** Freed buffers serve again only once the commands that use them are submitted. */
function releaseFreed(): void {
  if (isWebgpu()) submitRecorded();
}

function scaled(x: tf.Tensor2D, scale: number): tf.Tensor2D {
  return scale === 1 ? x : tf.mul(x, scale);
}

/** a + b in the memory of one of them. */
function sumInto(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  if (isWebgpu()) {
    addInPlace(a, b);
    b.dispose();
    return a;
  }
  const sum: tf.Tensor2D = tf.add(a, b);
  tf.dispose([a, b]);
  return sum;
}

/** x·factor, on WebGPU over x itself: the head's gradient is as large as the head. */
function timesScalar<T extends tf.Tensor>(x: T, factor: tf.Scalar): T {
  if (!isWebgpu()) return tf.mul<T>(x, factor);
  const y = shareBuffer(x);
  const type = widestType(x.size);
  const count = x.size / lanesOf(type);
  runKernel({
    key: `times scalar ${type}`,
    code: () =>
      elementKernel({ writes: { x: type }, reads: { factor: 'f32' }, u32: ['count'] }, 'x[i] *= factor[0];'),
    writes: [y],
    reads: [factor],
    uniforms: { u32: [count] },
    workgroups: elementWorkgroups(count),
  });
  return y;
}
