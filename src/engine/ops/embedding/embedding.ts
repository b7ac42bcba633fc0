/** Token embedding. */
import type * as tf from '@tensorflow/tfjs';
import { allocate, isWebgpu, runKernel } from '../../runtime.ts';
import { zeros } from '../accumulate/accumulate.ts';
import { asConstant } from '../constant.ts';
import { customGradient } from '../customGradient.ts';
import type { FrozenOption } from '../linear/linear.ts';
import { matrixShape, storeOf } from '../packedMatrix/packedForm.ts';
import { elementWorkgroups, lanesOf, widestType } from '../wgsl.ts';
import { embeddingReference } from './embedding.ref.ts';
import { forwardCode, gradientCode, packedForwardCode } from './embedding.wgsl.ts';

/** Rows of the table by id; table [V,D], packed or not if frozen, ids [N] int32 in 0..V-1 -> [N,D]. Unless frozen the table's gradient is the
 *  sum of dy over equal ids, added in a fixed order; if frozen the rows are a constant. */
export function embedding(
  table: tf.Tensor2D,
  ids: tf.Tensor1D,
  { frozen = false }: FrozenOption = {},
): tf.Tensor2D {
  if (frozen) return asConstant(isWebgpu() ? forward(table, ids) : embeddingReference(table, ids, frozen));
  if (!isWebgpu()) return embeddingReference(table, ids, frozen);
  const rowCount = table.shape[0];
  return customGradient([table] as const, (rows) => ({
    value: forward(rows, ids),
    saved: [ids],
    gradient: (dy, [keptIds]) => [tableGradient(dy, keptIds!, rowCount)],
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

function tableGradient(dy: tf.Tensor2D, ids: tf.Tensor, rowCount: number): tf.Tensor2D {
  const width = dy.shape[1];
  const type = widestType(width);
  const columns = width / lanesOf(type);
  const dtable = zeros<tf.Rank.R2>([rowCount, width]);
  runKernel({
    key: `embedding gradient ${type}`,
    code: () => gradientCode(type),
    writes: [dtable],
    reads: [dy, ids],
    uniforms: { u32: [columns, ids.size] },
    workgroups: elementWorkgroups(columns),
  });
  return dtable;
}
