/** Multi-head attention as T5 has it: no score scaling, an additive bias shared by the batch. */
import type * as tf from '@tensorflow/tfjs';
import { isWebgpu } from '../../runtime.ts';
import { customGradient } from '../customGradient.ts';
import { attentionReference } from './attention.ref.ts';
import { attentionForward, attentionGradient } from './attentionKernels.ts';

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

/**
 * softmax(query·keyᵀ + bias + mask)·value per head -> [B*Q, H*K]. Masked scores get float32's lowest number as in
 * Hugging Face's T5, so a query with nothing to see averages all values instead of giving NaN.
 * Differentiable in query, key, value and bias. On WebGPU the probabilities [B,H,Q,S] are kept for the gradient.
 */
export function attention(inputs: AttentionInputs, options: AttentionOptions): tf.Tensor2D {
  if (!isWebgpu()) return attentionReference(inputs, options);
  const { bias, biasFrozen = false } = options;
  if (bias === null || biasFrozen) {
    return customGradient([inputs.query, inputs.key, inputs.value] as const, (query, key, value) => {
      const { context, probabilities } = attentionForward({ query, key, value }, options);
      return {
        value: context,
        saved: [query, key, value, probabilities],
        gradient: (dy, saved) => {
          const { dquery, dkey, dvalue } = attentionGradient(dy, saved, options);
          return [dquery, dkey, dvalue];
        },
      };
    });
  }
  return customGradient(
    [inputs.query, inputs.key, inputs.value, bias] as const,
    (query, key, value, added) => {
      const { context, probabilities } = attentionForward({ query, key, value }, { ...options, bias: added });
      return {
        value: context,
        saved: [query, key, value, probabilities],
        gradient: (dy, saved) => {
          const { dquery, dkey, dvalue, dbias } = attentionGradient(dy, saved, options);
          return [dquery, dkey, dvalue, dbias()];
        },
      };
    },
  );
}
