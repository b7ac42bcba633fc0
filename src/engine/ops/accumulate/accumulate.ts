/** In-place addition and zeros: what gradient accumulation needs. On WebGPU nothing is allocated. */
import * as tf from '@tensorflow/tfjs';
import { allocate, isShared, isWebgpu, runKernel } from '../../runtime.ts';
import { elementKernel, elementWorkgroups, lanesOf, widestType } from '../wgsl.ts';

/** into ← into + gradient; shapes are equal. */
export function accumulate(into: tf.Variable, gradient: tf.Tensor): void {
  if (!isWebgpu() || isShared(into)) {
    tf.tidy(() => into.assign(tf.add(into, gradient)));
    return;
  }
  addInPlace(into, gradient);
}

/** into += added, where it lies; for tensors whose buffer nobody else holds. WebGPU only. */
export function addInPlace(into: tf.Tensor, added: tf.Tensor): void {
  const type = widestType(into.size);
  const count = into.size / lanesOf(type);
  runKernel({
    key: `accumulate ${type}`,
    code: () =>
      elementKernel({ writes: { x: type }, reads: { added: type }, u32: ['count'] }, 'x[i] += added[i];'),
    writes: [into],
    reads: [added],
    uniforms: { u32: [count] },
    workgroups: elementWorkgroups(count),
  });
}

/** A float32 tensor of zeros, filled where it lives: `tf.zeros` would build and upload an array. */
export function zeros<R extends tf.Rank>(shape: tf.ShapeMap[R]): tf.Tensor<R> {
  if (!isWebgpu()) return tf.zeros(shape);
  const tensor = allocate<R>(shape);
  writeZeros(tensor);
  return tensor;
}

function writeZeros(tensor: tf.Tensor): void {
  const type = widestType(tensor.size);
  const count = tensor.size / lanesOf(type);
  runKernel({
    key: `zeros ${type}`,
    code: () => elementKernel({ writes: { x: type }, reads: {}, u32: ['count'] }, `x[i] = ${type}(0.0);`),
    writes: [tensor],
    reads: [],
    uniforms: { u32: [count] },
    workgroups: elementWorkgroups(count),
  });
}
