/** T5's relative position bias (arXiv:1910.10683): one learned number per head and distance bucket. */
import type * as tf from '@tensorflow/tfjs';
import { allocate, isWebgpu, reductionStyle, runKernel } from '../../runtime.ts';
import { customGradient } from '../customGradient.ts';
import type { FrozenOption } from '../linear/linear.ts';
import { elementWorkgroups, rowWorkgroups } from '../wgsl.ts';
import { relativeBiasReference } from './relativeBias.ref.ts';
import { forwardCode, gradientCode } from './relativeBias.wgsl.ts';

/** bias[0,h,q,s] = table[bucketIds[q·S + s], h]; table [buckets,H], bucketIds [Q·S] int32 -> [1,H,Q,S]. Differentiable
 *  in the table unless frozen. */
export function relativeBias(
  table: tf.Tensor2D,
  bucketIds: tf.Tensor1D,
  queryLength: number,
  keyLength: number,
  { frozen = false }: FrozenOption = {},
): tf.Tensor4D {
  if (!isWebgpu()) return relativeBiasReference(table, bucketIds, queryLength, keyLength, frozen);
  const [bucketCount, heads] = table.shape;
  const shape: [number, number, number, number] = [1, heads, queryLength, keyLength];
  if (frozen) return forward(table, bucketIds, shape);
  return customGradient([table] as const, (rows) => ({
    value: forward(rows, bucketIds, shape),
    saved: [bucketIds],
    gradient: (dy, [buckets]) => [tableGradient(dy, buckets!, bucketCount, heads)],
  }));
}

function forward(
  table: tf.Tensor2D,
  bucketIds: tf.Tensor1D,
  shape: [number, number, number, number],
): tf.Tensor4D {
  const bias = allocate<tf.Rank.R4>(shape);
  runKernel({
    key: 'relativeBias',
    code: forwardCode,
    writes: [bias],
    reads: [table, bucketIds],
    uniforms: { u32: [bias.size, bucketIds.size, shape[1]] },
    workgroups: elementWorkgroups(bias.size),
  });
  return bias;
}

function tableGradient(
  dbias: tf.Tensor4D,
  bucketIds: tf.Tensor,
  bucketCount: number,
  heads: number,
): tf.Tensor2D {
  const style = reductionStyle();
  const dtable = allocate<tf.Rank.R2>([bucketCount, heads]);
  runKernel({
    key: `relativeBias gradient ${style}`,
    code: () => gradientCode(style),
    writes: [dtable],
    reads: [dbias, bucketIds],
    uniforms: { u32: [dtable.size, bucketIds.size, heads] },
    workgroups: rowWorkgroups(style, dtable.size),
  });
  return dtable;
}
