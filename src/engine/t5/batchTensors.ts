/** A padded batch on the device. Letters: see t5.ts. */
import * as tf from '@tensorflow/tfjs';
import { uploadNow } from '../runtime.ts';

/** Typed arrays of one batch, as `data/batch.ts` has them. */
export interface BatchArrays {
  readonly size: number;
  readonly inputLength: number;
  readonly inputIds: Int32Array;
  readonly inputMask: Int32Array;
  readonly decoderInputIds: Int32Array;
  readonly labels: Int32Array;
}

export interface BatchTensors {
  /** [B·S] int32 */
  readonly inputIds: tf.Tensor1D;
  /** [B,S] int32; 1 for a token, 0 for padding. */
  readonly inputMask: tf.Tensor2D;
  /** [B·T] int32 */
  readonly decoderInputIds: tf.Tensor1D;
  /** [B·T] int32; -100 is not learned. */
  readonly labels: tf.Tensor1D;
}

/**
 * Uploads a batch. Call it inside `tf.tidy`. At once: tfjs would cut small arrays on the CPU, and what the GPU then gets could
 * no longer be told to be this batch when commands are recorded.
 */
export function uploadBatch(batch: BatchArrays): BatchTensors {
  const tensors = {
    inputIds: tf.tensor1d(batch.inputIds, 'int32'),
    inputMask: tf.tensor2d(batch.inputMask, [batch.size, batch.inputLength], 'int32'),
    decoderInputIds: tf.tensor1d(batch.decoderInputIds, 'int32'),
    labels: tf.tensor1d(batch.labels, 'int32'),
  };
  for (const tensor of Object.values(tensors)) uploadNow(tensor);
  return tensors;
}
