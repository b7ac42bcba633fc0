/** Sums over the first dimension, in order: the second half of reductions that were cut into parts. WebGPU only. */
import type * as tf from '@tensorflow/tfjs';
import { runKernel } from '../runtime.ts';
import { elementKernel, elementWorkgroups, lanesOf, widestType } from './wgsl.ts';

/** into[i] = Σ over s of slices[s, i]; slices [count, ...], into [...]. One invocation per element. */
export function sumSlices(slices: tf.Tensor, into: tf.TensorInfo): void {
  const sliceCount = slices.shape[0];
  const size = slices.size / sliceCount;
  const type = widestType(size);
  const count = size / lanesOf(type);
  runKernel({
    key: `sum slices ${type}`,
    code: () =>
      elementKernel(
        { writes: { into: type }, reads: { slices: type }, u32: ['count', 'sliceCount'] },
        `var sum = slices[i];
  for (var s = 1u; s < u.sliceCount; s++) { sum += slices[s * u.count + i]; }
  into[i] = sum;`,
      ),
    writes: [into],
    reads: [slices],
    uniforms: { u32: [count, sliceCount] },
    workgroups: elementWorkgroups(count),
  });
}
