/**
 * Embedding kernels. Forward: one invocation per value. Gradient: equal ids are added in the order of their tokens, without
 * atomics. On emulated GPUs one invocation per column walks all tokens. On others, where such a walk waits for memory at every
 * token, one workgroup per token looks for its id among all, and the first one that has it adds all that have.
 */
import { packedLoads, packedType } from '../packedMatrix/packedLoads.wgsl.ts';
import type { MatrixStore } from '../packedMatrix/packedForm.ts';
import type { ReductionStyle } from '../../runtime.ts';
import { elementKernel, rowKernel } from '../wgsl.ts';

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
export function walkingGradientCode(value: Value): string {
  return elementKernel(
    { writes: { dtable: value }, reads: { dy: value, ids: 'i32' }, u32: ['count', 'tokens'] },
    'for (var t = 0u; t < u.tokens; t++) { dtable[u32(ids[t]) * u.count + i] += dy[t * u.count + i]; }',
  );
}

/** The same; a row is a token. */
export function searchingGradientCode(style: ReductionStyle, value: Value): string {
  return rowKernel(
    style,
    { writes: { dtable: value }, reads: { dy: value, ids: 'i32' }, u32: ['rows', 'columns'] },
    `let id = ids[row];
  var last = row;
  for (var t = lane; t < u.rows; t += LANES) {
    if (ids[t] == id) { last = max(last, select(t, beyond, t < row)); }
  }
  last = u32(reduceMax(f32(last), lane));
  if (last == beyond) { return; }
  for (var i = lane; i < u.columns; i += LANES) {
    let place = u32(id) * u.columns + i;
    var sum = dtable[place];
    for (var t = row; t <= last; t++) { if (ids[t] == id) { sum += dy[t * u.columns + i]; } }
    dtable[place] = sum;
  }`,
    'const beyond = 16777216u;\n', // for an earlier token with the id; f32 holds all integers up to it
  );
}
