/** Log-probabilities of each row. */
import * as tf from '@tensorflow/tfjs';
import { allocate, isWebgpu, reductionStyle, runKernel, type ReductionStyle } from '../../runtime.ts';
import { rowKernel, rowWorkgroups } from '../wgsl.ts';

/** log softmax of every row; scores [R,V] -> [R,V]. No gradient. */
export function logSoftmaxRows(scores: tf.Tensor2D): tf.Tensor2D {
  if (!isWebgpu()) return tf.logSoftmax(scores, 1);
  const [rows, columns] = scores.shape;
  const style = reductionStyle();
  const y = allocate<tf.Rank.R2>([rows, columns]);
  runKernel({
    key: `logSoftmaxRows ${style}`,
    code: () => logSoftmaxCode(style),
    writes: [y],
    reads: [scores],
    uniforms: { u32: [rows, columns] },
    workgroups: rowWorkgroups(style, rows),
  });
  return y;
}

function logSoftmaxCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    { writes: { y: 'f32' }, reads: { x: 'f32' }, u32: ['rows', 'columns'] },
    `let start = row * u.columns;
  var highest = -3.4028234663852886e38;
  for (var i = lane; i < u.columns; i += LANES) { highest = max(highest, x[start + i]); }
  highest = reduceMax(highest, lane);
  var sum = 0.0;
  for (var i = lane; i < u.columns; i += LANES) { sum += exp(x[start + i] - highest); }
  let logSum = log(reduceSum(sum, lane));
  for (var i = lane; i < u.columns; i += LANES) { y[start + i] = x[start + i] - highest - logSum; }`,
  );
}
