/** Embedding kernels. Forward: one invocation per value. Gradient: one invocation per column walks all tokens, so equal
 *  ids are added in token order without atomics. */
import { elementKernel } from '../wgsl.ts';

type Value = 'f32' | 'vec4<f32>';

/** y[t] = table[ids[t]]; `columns` values per row. */
export function forwardCode(value: Value): string {
  return elementKernel(
    { writes: { y: value }, reads: { table: value, ids: 'i32' }, u32: ['count', 'columns'] },
    'y[i] = table[u32(ids[i / u.columns]) * u.columns + i % u.columns];',
  );
}

/** dtable[ids[t]] += dy[t] into a table of zeros; `count` columns. */
export function gradientCode(value: Value): string {
  return elementKernel(
    { writes: { dtable: value }, reads: { dy: value, ids: 'i32' }, u32: ['count', 'tokens'] },
    'for (var t = 0u; t < u.tokens; t++) { dtable[u32(ids[t]) * u.count + i] += dy[t * u.count + i]; }',
  );
}
