/** Gradient clipping by global norm, as `torch.nn.utils.clip_grad_norm_`, without reading the norm back. */
import * as tf from '@tensorflow/tfjs';
import { allocate, isWebgpu, reductionStyle, runKernel } from '../../runtime.ts';
import { lanesOf, rowWorkgroups, widestType } from '../wgsl.ts';
import { globalNormReference } from './globalNorm.ref.ts';
import { rootCode, sharedRows, squaresCode } from './globalNorm.wgsl.ts';

/** Values summed by one row of the first kernel: few enough for a large tensor to keep all cores busy. */
const blockSize = 1024;

/** √(Σ x²) over all elements of all tensors -> scalar. */
export function globalNorm(gradients: readonly tf.Tensor[]): tf.Scalar {
  if (!isWebgpu() || gradients.length === 0) return globalNormReference(gradients);
  const style = reductionStyle();
  const shared = sharedRows(style);
  const blocks = gradients.map((gradient) => {
    const type = widestType(gradient.size);
    const count = gradient.size / lanesOf(type);
    return { gradient, type, count, rows: shared * Math.ceil(count / (shared * blockSize)) };
  });
  const partialCount = blocks.reduce((sum, { rows }) => sum + rows, 0);
  return tf.tidy(() => {
    const partials = allocate<tf.Rank.R1>([partialCount]);
    let offset = 0;
    for (const { gradient, type, count, rows } of blocks) {
      runKernel({
        key: `globalNorm squares ${style} ${type}`,
        code: () => squaresCode(style, type),
        writes: [partials],
        reads: [gradient],
        uniforms: { u32: [rows, count, blockSize, offset] },
        workgroups: rowWorkgroups(style, rows),
      });
      offset += rows;
    }
    const norm = allocate<tf.Rank.R0>([]);
    runKernel({
      key: `globalNorm root ${style}`,
      code: () => rootCode(style),
      writes: [norm],
      reads: [partials],
      uniforms: { u32: [1, partialCount] },
      workgroups: rowWorkgroups(style, 1),
    });
    return norm;
  });
}

/** The factor that brings a norm down to maxNorm: min(1, maxNorm / (norm + 1e-6)) -> scalar. */
export function clipScale(norm: tf.Scalar, maxNorm: number): tf.Scalar {
  return tf.tidy(() => tf.minimum(1, tf.div(maxNorm, tf.add(norm, 1e-6))));
}
