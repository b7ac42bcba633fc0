/** One op with random inputs of one size, to be run on the device and on the processor. */
import type * as tf from '@tensorflow/tfjs';

/** Values that become a tensor on either backend. */
export interface OpInput {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** An op and what goes into it. The op takes one path on WebGPU (kernels) and another elsewhere (plain tfjs). */
export interface OpCase {
  /** The op's name, e.g. `rmsNorm`. */
  readonly op: string;
  /** Sizes in words, e.g. `37×96`. */
  readonly sizes: string;
  /** Floats; the op's value is differentiated with respect to each, unless `isForwardOnly`. */
  readonly inputs: readonly OpInput[];
  /** Tensors that get no gradient, made anew on each backend; `run` is given them after the inputs. */
  readonly constants?: () => tf.Tensor[];
  readonly isForwardOnly?: boolean;
  /** Largest error allowed, as a share of the reference's largest value. */
  readonly tolerance: number;
  /** Called inside `tf.tidy`. */
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
}
