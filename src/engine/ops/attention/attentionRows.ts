/** Kernels over single rows of attention, a row being one (batch, head, query). WebGPU only. */
import type * as tf from '@tensorflow/tfjs';
import { allocate, runKernel } from '../../runtime.ts';
import { elementKernel, elementWorkgroups } from '../wgsl.ts';
import type { AttentionOptions } from './attention.ts';

/**
 * What the backward pass needs of each row: (highest score, 1/Σ exp(score - highest), delta, 0) with delta = dcontext·context,
 * which is Σ over keys of p·dp without any of them. dcontext and context [B*Q,H*K], sums [B*H*Q,2] -> [B*H*Q,4].
 */
export function rowStatistics(
  dcontext: tf.Tensor2D,
  context: tf.Tensor2D,
  sums: tf.Tensor2D,
  { batch, heads, queryLength }: AttentionOptions,
): tf.Tensor2D {
  const rowCount = batch * heads * queryLength;
  const rows = allocate<tf.Rank.R2>([rowCount, 4]);
  runKernel({
    key: 'attention rows',
    code: () =>
      elementKernel(
        {
          writes: { rows: 'vec4<f32>' },
          reads: { dcontext: 'vec4<f32>', context: 'vec4<f32>', sums: 'vec2<f32>' },
          u32: ['count', 'heads', 'queries', 'headVectors'],
        },
        `let query = i % u.queries;
  let head = i / u.queries % u.heads;
  let batch = i / u.queries / u.heads;
  let start = ((batch * u.queries + query) * u.heads + head) * u.headVectors;
  var delta = 0.0;
  for (var k = 0u; k < u.headVectors; k++) { delta += dot(dcontext[start + k], context[start + k]); }
  rows[i] = vec4<f32>(sums[i], delta, 0.0);`,
      ),
    writes: [rows],
    reads: [dcontext, context, sums],
    uniforms: { u32: [rowCount, heads, queryLength, context.shape[1] / heads / 4] },
    workgroups: elementWorkgroups(rowCount),
  });
  return rows;
}
