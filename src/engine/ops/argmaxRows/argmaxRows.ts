/** The most likely token of each row. */
import * as tf from '@tensorflow/tfjs';
import { allocate, isWebgpu, reductionStyle, runKernel, type ReductionStyle } from '../../runtime.ts';
import { rowKernel, rowWorkgroups } from '../wgsl.ts';

/** Index of the largest element of each row, the lowest index among equals; logits [B,V] -> [B] int32. */
export function argmaxRows(logits: tf.Tensor2D): tf.Tensor1D {
  if (!isWebgpu()) return tf.argMax(logits, 1);
  const [rows, columns] = logits.shape;
  const style = reductionStyle();
  const indices = allocate<tf.Rank.R1>([rows], 'int32');
  runKernel({
    key: `argmaxRows ${style}`,
    code: () => argmaxCode(style),
    writes: [indices],
    reads: [logits],
    uniforms: { u32: [rows, columns] },
    workgroups: rowWorkgroups(style, rows),
  });
  return indices;
}

/** The highest value, then the lowest index that has it, found as the largest of -index: exact below 2^24 columns. */
function argmaxCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    { writes: { indices: 'i32' }, reads: { x: 'f32' }, u32: ['rows', 'columns'] },
    `let start = row * u.columns;
  var highest = -3.4028234663852886e38;
  for (var i = lane; i < u.columns; i += LANES) { highest = max(highest, x[start + i]); }
  highest = reduceMax(highest, lane);
  var minusIndex = -f32(u.columns - 1u); // where all are NaN
  for (var i = lane; i < u.columns; i += LANES) {
    if (x[start + i] == highest) { minusIndex = max(minusIndex, -f32(i)); }
  }
  minusIndex = reduceMax(minusIndex, lane);
  if (lane == 0u) { indices[row] = i32(-minusIndex); }`,
  );
}
