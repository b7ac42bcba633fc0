/** Multi-head attention as T5 has it: no score scaling, an additive bias shared by the batch. */
import * as tf from '@tensorflow/tfjs';
import { isWebgpu } from '../../runtime.ts';
import { customGradient } from '../customGradient.ts';
import { attentionReference } from './attention.ref.ts';
import { panelBackward, panelForward } from './panelAttention.ts';

/** Heads lie side by side in the last dimension: H*K. */
export interface AttentionInputs {
  /** [B*Q, H*K] */
  query: tf.Tensor2D;
  /** [B*S, H*K] */
  key: tf.Tensor2D;
  /** [B*S, H*K] */
  value: tf.Tensor2D;
}

/** Sizes, masks and dropout of one attention. */
export interface AttentionOptions {
  batch: number;
  heads: number;
  queryLength: number;
  keyLength: number;
  /** Added to the scores, [1,H,Q,S]; gets a gradient unless frozen. */
  bias: tf.Tensor4D | null;
  biasFrozen?: boolean;
  /** [B,S], int32 or float32: 1 for tokens, 0 for padding. */
  keyMask: tf.Tensor2D | null;
  /** Query i sees keys up to i (for S > Q: up to i + S - Q). */
  causal: boolean;
  /** Drop probability of the attention probabilities; 0 outside training. */
  dropoutRate: number;
  /** Seed of the dropout mask, an unsigned 32-bit integer. */
  seed: number;
}

/** The value, and what the backward pass needs besides the inputs. */
export interface AttentionResult {
  /** [B*Q, H*K] */
  context: tf.Tensor2D;
  /** (highest score, 1/Σ exp(score - highest)) of every row, [B*H*Q, 2]. */
  sums: tf.Tensor2D;
}

/** An attention as its backward pass finds it again. */
export interface SavedAttention extends AttentionInputs, AttentionResult {
  options: AttentionOptions;
}

/** `dbias` is null where the bias is frozen or absent. */
export interface AttentionGradients {
  dquery: tf.Tensor2D;
  dkey: tf.Tensor2D;
  dvalue: tf.Tensor2D;
  dbias: tf.Tensor4D | null;
}

/**
 * softmax(query·keyᵀ + bias + mask)·value per head -> [B*Q, H*K]. Masked scores get float32's lowest number as in
 * Hugging Face's T5, so a query with nothing to see averages all values instead of giving NaN.
 * Differentiable in query, key, value and bias. On WebGPU scores exist only panel by panel (after
 * FlashAttention, arXiv:2205.14135): the forward pass keeps the context and two numbers per row, and the backward pass makes
 * the probabilities again from them.
 */
export function attention(inputs: AttentionInputs, options: AttentionOptions): tf.Tensor2D {
  if (!isWebgpu()) return attentionReference(inputs, options);
  const headSize = inputs.query.shape[1] / options.heads;
  if (headSize % 4 === 0) return panelAttention(inputs, options);
  const padded = Math.ceil(headSize / 4) * 4;
  const context = panelAttention(
    {
      query: resizeHeads(inputs.query, options.heads, padded),
      key: resizeHeads(inputs.key, options.heads, padded),
      value: resizeHeads(inputs.value, options.heads, padded),
    },
    options,
  );
  return resizeHeads(context, options.heads, headSize);
}

/** Heads of the wanted size, by leaving off or adding zeros, which change no score; x [N,H*K] -> [N,H*size]. */
function resizeHeads(x: tf.Tensor2D, heads: number, size: number): tf.Tensor2D {
  const [rows, width] = x.shape;
  const split = tf.reshape(x, [rows, heads, width / heads]); // [N,H,K]
  const missing = size - width / heads;
  const resized =
    missing > 0
      ? tf.pad(split, [
          [0, 0],
          [0, 0],
          [0, missing],
        ])
      : tf.slice(split, [0, 0, 0], [rows, heads, size]); // [N,H,size]
  return tf.reshape(resized, [rows, heads * size]);
}

function panelAttention(inputs: AttentionInputs, options: AttentionOptions): tf.Tensor2D {
  const { bias, biasFrozen = false, keyMask } = options;
  const { query, key, value } = inputs;
  const trainedBias = bias === null || biasFrozen ? [] : [bias];
  return customGradient<tf.Tensor[], tf.Tensor2D>([query, key, value, ...trainedBias], () => {
    const { context, sums } = panelForward(inputs, options);
    return {
      value: context,
      // Bias and mask too: who made them may have freed them by then.
      saved: [query, key, value, context, sums, ...[bias, keyMask].filter((tensor) => tensor !== null)],
      gradient: (dcontext, saved) => {
        const { dquery, dkey, dvalue, dbias } = panelBackward(dcontext, savedAttention(saved, options));
        return [dquery, dkey, dvalue, ...(dbias === null ? [] : [dbias])];
      },
    };
  });
}

function savedAttention(saved: readonly tf.Tensor[], options: AttentionOptions): SavedAttention {
  const [query, key, value, context, sums] = saved as tf.Tensor2D[] &
    [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  const bias = options.bias === null ? null : (saved[5] as tf.Tensor4D);
  const keyMask = options.keyMask === null ? null : (saved.at(-1) as tf.Tensor2D);
  return { query, key, value, context, sums, options: { ...options, bias, keyMask } };
}
