/** One op with random inputs of one size, to be run on the device and on the processor. */
import * as tf from '@tensorflow/tfjs';
import type { Draw } from './draw.ts';

/** Values that become a tensor on either backend. */
export interface OpInput {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** An op and what goes into it. The op takes one path on WebGPU (kernels) and another elsewhere (plain tfjs). */
export interface OpCase {
  /** The op's name, which is its folder's or file's, and what is special: `rmsNorm`, `attention, causal`. */
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
  /** What `run` must give, for ops that exist on WebGPU only; otherwise `run` itself takes its plain path. */
  readonly reference?: (...inputs: tf.Tensor[]) => tf.Tensor;
}

export type UnnamedCase = Omit<OpCase, 'op'>;
/** Cases by their op's name. */
export type CaseMakers = Readonly<Record<string, (draw: Draw) => UnnamedCase>>;

/** Share of the largest value by which sums in another order may differ in 32 bits. */
export const SUM_TOLERANCE = 2e-5;

/** The same for products of factors that were rounded to 16 bits: half an ulp is 5e-4, and one product may follow another. */
export const HALF_TOLERANCE = 1e-2;

/** A tensor of a copy: tfjs keeps the array that it is given. */
export function ints(values: Int32Array): tf.Tensor1D {
  return tf.tensor1d(values.slice(), 'int32');
}
