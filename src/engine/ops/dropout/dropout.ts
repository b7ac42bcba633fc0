/** Inverted dropout with reproducible masks. */
import * as tf from '@tensorflow/tfjs';
import { allocate, isShared, isWebgpu, runKernel, shareBuffer } from '../../runtime.ts';
import { asConstant, isConstant } from '../constant.ts';
import { customGradient } from '../customGradient.ts';
import { elementWorkgroups } from '../wgsl.ts';
import { dropoutReference } from './dropout.ref.ts';
import { dropoutCode, dropoutInPlaceCode } from './dropout.wgsl.ts';
import { dropoutConstants } from './dropoutHash.ts';

/** Zeroes each element with probability `rate` and scales the rest by 1/(1 - rate). The mask depends on (seed, index)
 *  only, so the gradient makes it again instead of keeping it. Rate 0 is the identity. `seed` is an unsigned 32-bit
 *  integer. */
export function dropout<T extends tf.Tensor>(x: T, rate: number, seed: number): T {
  if (rate === 0) return tf.clone(x);
  const drop = isWebgpu() ? maskOnGpu : dropoutReference;
  if (isConstant(x)) return asConstant(drop(x, rate, seed));
  return customGradient([x] as const, (input) => ({
    value: drop(input, rate, seed),
    saved: [],
    gradient: (dy) => [isWebgpu() && !isShared(dy) ? maskOver(dy, rate, seed) : drop(dy, rate, seed)],
  }));
}

/** x times its mask, without gradient; WebGPU only. */
export function maskOnGpu<T extends tf.Tensor>(x: T, rate: number, seed: number): T {
  const { salt, threshold, scale } = dropoutConstants(rate, seed);
  const y = allocate(x.shape) as T;
  runKernel({
    key: 'dropout',
    code: dropoutCode,
    writes: [y],
    reads: [x],
    uniforms: { u32: [x.size, salt, threshold], f32: [scale] },
    workgroups: elementWorkgroups(x.size),
  });
  return y;
}

/** The same over x itself, which nobody else may hold. */
function maskOver<T extends tf.Tensor>(x: T, rate: number, seed: number): T {
  const { salt, threshold, scale } = dropoutConstants(rate, seed);
  runKernel({
    key: 'dropout in place',
    code: dropoutInPlaceCode,
    writes: [x],
    reads: [],
    uniforms: { u32: [x.size, salt, threshold], f32: [scale] },
    workgroups: elementWorkgroups(x.size),
  });
  return shareBuffer(x);
}
