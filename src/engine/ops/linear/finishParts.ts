/** The end of products that were cut into parts: the parts' sum, with what an epilogue adds. WebGPU only. */
import type * as tf from '@tensorflow/tfjs';
import { runKernel } from '../../runtime.ts';
import { elementKernel, elementWorkgroups } from '../wgsl.ts';
import { kindName, type MatmulKind } from './matmulForm.ts';

/** What is done to a product before it is stored; laid out as in `Epilogue`. */
export interface Additions {
  factor?: number;
  low?: { low: tf.TensorInfo; up: tf.TensorInfo; rank: number };
  relu?: boolean;
  residual?: tf.TensorInfo;
}

/** into = relu(factor·(Σ over p of parts[p] + low-rank)) + residual; parts [P,M,N], into [M,N]. */
export function finishParts(
  kind: MatmulKind,
  parts: tf.TensorInfo,
  into: tf.TensorInfo,
  { factor = 1, low, residual }: Additions,
): void {
  const [partCount, rows, columns] = parts.shape as [number, number, number];
  const { form, epilogue } = kind;
  const up = form === 'NT' ? 'up[(i % u.columns) * u.rank + k]' : 'up[k * u.columns + i % u.columns]';
  runKernel({
    key: `finish parts ${kindName({ ...kind, store: 'f32' })}`,
    code: () =>
      elementKernel(
        {
          writes: { into: 'f32' },
          reads: {
            parts: 'f32',
            ...(epilogue.residual ? { residual: 'f32' } : {}),
            ...(epilogue.low ? { low: 'f32', up: 'f32' } : {}),
          },
          u32: ['count', 'partCount', 'columns', 'rank'],
          f32: ['factor'],
        },
        `var sum = parts[i];
  for (var p = 1u; p < u.partCount; p++) { sum += parts[p * u.count + i]; }
  ${epilogue.low ? `for (var k = 0u; k < u.rank; k++) { sum += low[(i / u.columns) * u.rank + k] * ${up}; }` : ''}
  ${epilogue.scaled ? 'sum *= u.factor;' : ''}
  into[i] = ${epilogue.relu ? 'select(sum, 0.0, sum < 0.0)' : 'sum'}${epilogue.residual ? ' + residual[i]' : ''};`,
      ),
    writes: [into],
    reads: [
      parts,
      ...(residual === undefined ? [] : [residual]),
      ...(low === undefined ? [] : [low.low, low.up]),
    ],
    uniforms: { u32: [rows * columns, partCount, columns, low?.rank ?? 0], f32: [factor] },
    workgroups: elementWorkgroups(rows * columns),
  });
}
