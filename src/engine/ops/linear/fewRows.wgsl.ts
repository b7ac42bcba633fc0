/**
 * A·Bᵀ for 1 to 4 rows of A, as in decoding: one workgroup sums over K for each column of C, so that a GPU reads a row of B
 * with neighbouring invocations. A and B four values at a time, the rest in elements.
 */
import { declareBindings } from '../wgsl.ts';
import { fourValues, fourValuesFunction, packedType } from '../packedMatrix/packedLoads.wgsl.ts';
import { kindName, range, type MatmulKind } from './matmulForm.ts';

/** Most rows of C that the kernel takes. */
export const mostFewRows = 4;

const lanes = 128;

/** With `subgroups` (the device's feature) sums are taken in subgroups first: two barriers a sum instead of nine. */
export function fewRowsCode(kind: MatmulKind, rowCount: number, subgroups: boolean): string {
  const { scaled, low, relu, residual } = kind.epilogue;
  const rows = range(rowCount);
  const declared = declareBindings({
    writes: { c: 'f32' },
    reads: {
      a: 'vec4<f32>',
      b: packedType(kind.store),
      ...(residual ? { residual: 'f32' } : {}),
      ...(low ? { low: 'f32', up: 'f32' } : {}),
    },
    u32: ['columns', 'depth', 'bRow', 'rank'],
    f32: ['factor'],
  });
  const forRows = (line: (r: number) => string): string => rows.map(line).join('\n  ');
  const positive = (sum: string): string => (relu ? `select(${sum}, 0.0, ${sum} < 0.0)` : sum);
  const kept = (r: number): string => (residual ? ` + residual[${r}u * u.columns + column]` : '');
  return `${subgroups ? 'enable subgroups;\n' : ''}// ${kindName(kind)}, ${rowCount} rows
${declared}${fourValuesFunction(kind.store)}var<workgroup> partial: array<f32, ${lanes}>;
${subgroups ? subgroupSum : treeSum}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        ${subgroups ? '@builtin(subgroup_size) width: u32, ' : ''}@builtin(local_invocation_index) lane: u32) {
  let column = group.x + group.y * groups.x;
  if (column >= u.columns) { return; }
  ${subgroups ? '' : 'let width = 1u;'}
  ${forRows((r) => `var sum${r} = 0.0;`)}
  for (var i = lane; i < u.depth; i += ${lanes}u) {
    let weight = ${fourValues(kind.store, 'b[column * u.bRow + i]')};
    ${forRows((r) => `sum${r} += dot(a[${r}u * u.depth + i], weight);`)}
  }
  ${kind.store === 'i8' ? forRows((r) => `sum${r} *= bitcast<f32>(b[column * u.bRow + u.depth]);`) : ''}
  ${low ? lowRankSum(rows) : ''}
  ${forRows((r) => `sum${r} = laneSum(sum${r}, lane, width)${scaled ? ' * u.factor' : ''};`)}
  if (lane == 0u) {
  ${forRows((r) => `c[${r}u * u.columns + column] = ${positive(`sum${r}`)}${kept(r)};`)}
  }
}`;
}

function lowRankSum(rows: number[]): string {
  return `for (var k = lane; k < u.rank; k += ${lanes}u) {
    let weight = up[column * u.rank + k];
    ${rows.map((r) => `sum${r} += low[${r}u * u.rank + k] * weight;`).join('\n    ')}
  }`;
}

const treeSum = `fn laneSum(x: f32, lane: u32, width: u32) -> f32 {
  partial[lane] = x;
  workgroupBarrier();
  for (var step = ${lanes / 2}u; step > 0u; step >>= 1u) {
    if (lane < step) { partial[lane] += partial[lane + step]; }
    workgroupBarrier();
  }
  let result = partial[0];
  workgroupBarrier();
  return result;
}`;

/** Invocations of a row of a workgroup lie in subgroups in their order, `width` to each. */
const subgroupSum = `fn laneSum(x: f32, lane: u32, width: u32) -> f32 {
  let part = subgroupAdd(x);
  if (lane % width == 0u) { partial[lane / width] = part; }
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < (${lanes}u + width - 1u) / width; i++) { sum += partial[i]; }
  workgroupBarrier();
  return sum;
}`;
