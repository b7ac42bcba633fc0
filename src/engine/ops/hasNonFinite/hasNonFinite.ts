/** Whether a tensor has a NaN or an infinity, found where it is. */
import * as tf from '@tensorflow/tfjs';
import { isWebgpu, runKernel } from '../../runtime.ts';
import { zeros } from '../accumulate/accumulate.ts';
import { elementKernel, elementWorkgroups } from '../wgsl.ts';
import { hasNonFiniteReference } from './hasNonFinite.ref.ts';

/** 0 if every element of a float32 tensor is finite, anything else (NaN included) if not -> scalar. */
export function hasNonFinite(x: tf.Tensor): tf.Scalar {
  if (!isWebgpu()) return hasNonFiniteReference(x);
  return tf.tidy(() => {
    const flag = zeros<tf.Rank.R0>([]);
    runKernel({
      key: 'hasNonFinite',
      // By bits, because compilers may assume numbers to be finite. Who writes does not matter: all write the same.
      code: () =>
        elementKernel(
          { writes: { flag: 'f32' }, reads: { x: 'f32' }, u32: ['count'] },
          'if ((bitcast<u32>(x[i]) & 0x7f800000u) == 0x7f800000u) { flag[0] = 1.0; }',
        ),
      writes: [flag],
      reads: [x],
      uniforms: { u32: [x.size] },
      workgroups: elementWorkgroups(x.size),
    });
    return flag;
  });
}
