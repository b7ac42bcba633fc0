/** Token embedding. */
import * as tf from '@tensorflow/tfjs';
import { allocate, isWebgpu, reductionStyle, runKernel } from '../../runtime.ts';
import { zeros } from '../accumulate/accumulate.ts';
import { asConstant } from '../constant.ts';
import { customGradient } from '../customGradient.ts';
import type { GradientSum } from '../gradientSum.ts';
import type { FrozenOption } from '../linear/linear.ts';
import { matrixShape, storeOf } from '../packedMatrix/packedForm.ts';
import { elementWorkgroups, lanesOf, rowWorkgroups, widestType } from '../wgsl.ts';
import { addRowsOnHeap } from './embedding.wasm.ts';
import { embeddingReference } from './embedding.ref.ts';
import {
  forwardCode,
  packedForwardCode,
  searchingGradientCode,
  walkingGradientCode,
} from './embedding.wgsl.ts';

export interface EmbeddingOptions extends FrozenOption {
  /** The sum of the table's gradients in this pass, for a table that is used more than once. */
  gradientSum?: GradientSum | undefined;
}

/** Rows of the table by id; table [V,D], packed or not if frozen, ids [N] int32 in 0..V-1 -> [N,D]. Unless frozen the table's gradient is the
 *  sum of dy over equal ids, added in a fixed order; if frozen the rows are a constant. */
export function embedding(
  table: tf.Tensor2D,
  ids: tf.Tensor1D,
  { frozen = false, gradientSum }: EmbeddingOptions = {},
): tf.Tensor2D {
  if (frozen) return asConstant(isWebgpu() ? forward(table, ids) : embeddingReference(table, ids, frozen));
  if (gradientSum !== undefined) return summedEmbedding(table, ids, gradientSum);
  if (!isWebgpu()) return embeddingReference(table, ids, frozen);
  return customGradient([table] as const, (rows) => ({
    value: forward(rows, ids),
    saved: [ids],
    gradient: (dy, [keptIds]) => [addRows(null, dy, keptIds!, rows.shape)],
  }));
}

function summedEmbedding(table: tf.Tensor2D, ids: tf.Tensor1D, gradientSum: GradientSum): tf.Tensor2D {
  return customGradient<tf.Tensor[], tf.Tensor2D>([gradientSum.handle], () => ({
    value: isWebgpu() ? forward(table, ids) : tf.gather(table, ids),
    saved: [ids],
    gradient: (dy, [keptIds]) => [gradientSum.add((sum) => addRows(sum, dy, keptIds!, table.shape))],
  }));
}

function forward(table: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor2D {
  const width = matrixShape(table)[1];
  const store = storeOf(table);
  const type = widestType(width);
  const columns = width / lanesOf(type);
  const y = allocate<tf.Rank.R2>([ids.size, width]);
  runKernel({
    key: `embedding ${store} ${type}`,
    code: () => (store === 'f32' ? forwardCode(type) : packedForwardCode(store)),
    writes: [y],
    reads: [table, ids],
    uniforms: { u32: [ids.size * columns, columns] },
    workgroups: elementWorkgroups(ids.size * columns),
  });
  return y;
}

/** sum[ids[t]] += dy[t], where `sum` lies if the backend can; null: zeros. */
function addRows(
  sum: tf.Tensor2D | null,
  dy: tf.Tensor2D,
  ids: tf.Tensor,
  shape: [number, number],
): tf.Tensor2D {
  if (!isWebgpu()) {
    if (sum !== null && addRowsOnHeap(sum, dy, ids)) return sum;
    const added: tf.Tensor2D = tf.unsortedSegmentSum(dy, ids as tf.Tensor1D, shape[0]);
    return sum === null ? added : tf.add(sum, added);
  }
  const dtable = sum ?? zeros<tf.Rank.R2>(shape);
  const width = dy.shape[1];
  const type = widestType(width);
  const columns = width / lanesOf(type);
  const style = reductionStyle();
  const isWalk = style === 'invocation';
  runKernel({
    key: `embedding gradient ${style} ${type}`,
    code: () => (isWalk ? walkingGradientCode(type) : searchingGradientCode(style, type)),
    writes: [dtable],
    reads: [dy, ids],
    uniforms: { u32: isWalk ? [columns, ids.size] : [ids.size, columns] },
    workgroups: isWalk ? elementWorkgroups(columns) : rowWorkgroups(style, ids.size),
  });
  return dtable;
}
