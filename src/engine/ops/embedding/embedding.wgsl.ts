/** Embedding kernels. Forward: one invocation per value. Gradient: one invocation per column walks all tokens, so equal
 *  ids are added in token order without atomics. */
import { packedLoads, packedType } from '../packedMatrix/packedLoads.wgsl.ts';
import type { MatrixStore } from '../packedMatrix/packedForm.ts';
import { elementKernel } from '../wgsl.ts';

type Value = 'f32' | 'vec4<f32>';

/** y[t] = table[ids[t]]; `columns` values per row. */
export function forwardCode(value: Value): string {
  return elementKernel(
    { writes: { y: value }, reads: { table: value, ids: 'i32' }, u32: ['count', 'columns'] },
    'y[i] = table[u32(ids[i / u.columns]) * u.columns + i % u.columns];',
  );
}

/** As `forwardCode`, from a packed table; `columns` are of four values. */
export function packedForwardCode(store: MatrixStore): string {
  return elementKernel(
    {
      writes: { y: 'vec4<f32>' },
      reads: { table: packedType(store), ids: 'i32' },
      u32: ['count', 'columns'],
    },
    'y[i] = packedValues(u32(ids[i / u.columns]), i % u.columns);',
    packedLoads(store, 'table', 'u.columns'),
  );
}

/** dtable[ids[t]] += dy[t]; `count` columns. */
export function gradientCode(value: Value): string {
  return elementKernel(
    { writes: { dtable: value }, reads: { dy: value, ids: 'i32' }, u32: ['count', 'tokens'] },
    'for (var t = 0u; t < u.tokens; t++) { dtable[u32(ids[t]) * u.count + i] += dy[t * u.count + i]; }',
  );
}
