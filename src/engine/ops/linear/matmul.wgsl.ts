/**
 * Matrix products in the forms NN (A·B), NT (A·Bᵀ) and TN (Aᵀ·B), batched, over strided views.
 * Parallel over tiles of C: each invocation keeps a tile in registers and reads A and B directly, without workgroup memory
 * and barriers; 8x8 was the best of 35 register tiles tried. The vec4 kernel needs multiples of 4 (see `canUseVec4`).
 */
import type { ReductionStyle } from '../../runtime.ts';
import { rowKernel } from '../wgsl.ts';

export type MatmulForm = 'NN' | 'NT' | 'TN';

const groupSide = 8;

const uniforms = `struct Uniforms {
  M: u32, N: u32, K: u32, inner: u32,
  aRow: u32, aOuter: u32, aInner: u32,
  bRow: u32, bOuter: u32, bInner: u32,
  cRow: u32, cOuter: u32, cInner: u32,
};`;

function bindings(type: string): string {
  return `${uniforms}
@group(0) @binding(0) var<storage, read_write> C: array<${type}>;
@group(0) @binding(1) var<storage, read> A: array<${type}>;
@group(0) @binding(2) var<storage, read> B: array<${type}>;
@group(0) @binding(3) var<uniform> u: Uniforms;
@compute @workgroup_size(${groupSide}, ${groupSide})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let outer = id.z / u.inner;
  let inner = id.z % u.inner;
  let aBase = outer * u.aOuter + inner * u.aInner;
  let bBase = outer * u.bOuter + inner * u.bInner;
  let cBase = outer * u.cOuter + inner * u.cInner;
`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Rows and columns of the tile one invocation computes. */
export type Tile = readonly [rows: number, columns: number];

/** Workgroups for C of M rows and N columns. */
export function matmulWorkgroups(
  [tileRows, tileColumns]: Tile,
  rows: number,
  columns: number,
  batch: number,
): [number, number, number] {
  return [Math.ceil(columns / tileColumns / groupSide), Math.ceil(rows / tileRows / groupSide), batch];
}

/** The fast kernel: all strides and offsets in vec4 units, N and (by form) K or M multiples of 4. */
export function vec4MatmulCode(form: MatmulForm, [tileRows, tileColumns]: Tile): string {
  const rows = range(tileRows);
  const columns = range(tileColumns / 4); // of vec4
  const lines = [
    `let row = id.y * ${tileRows}u;`,
    `let col = id.x * ${columns.length}u;`,
    'let N4 = u.N / 4u;',
    'if (row >= u.M || col >= N4) { return; }',
  ];
  // Rows and columns beyond the edge are clamped: they compute again what is not stored.
  for (const r of rows) for (const c of columns) lines.push(`var c${r}_${c} = vec4<f32>(0.0);`);
  if (form === 'TN') {
    const rowVectors = range(Math.ceil(tileRows / 4));
    for (const r of rowVectors) lines.push(`let a_${r} = aBase + min(row / 4u + ${r}u, u.M / 4u - 1u);`);
  } else {
    for (const r of rows) lines.push(`let a_${r} = aBase + min(row + ${r}u, u.M - 1u) * u.aRow;`);
  }
  if (form === 'NT') {
    for (const j of range(tileColumns)) {
      lines.push(`let b_${j} = bBase + min(col * 4u + ${j}u, u.N - 1u) * u.bRow;`);
    }
  } else {
    for (const c of columns) lines.push(`let b_${c} = bBase + min(col + ${c}u, N4 - 1u);`);
  }
  lines.push(...innerLoop(form, rows, columns));
  for (const r of rows) {
    const stores = columns.map(
      (c) => `if (col + ${c}u < N4) { C[cBase + (row + ${r}u) * u.cRow + col + ${c}u] = c${r}_${c}; }`,
    );
    lines.push(`if (row + ${r}u < u.M) { ${stores.join(' ')} }`);
  }
  return `${bindings('vec4<f32>')}  ${lines.join('\n  ')}\n}`;
}

function innerLoop(form: MatmulForm, rows: number[], columns: number[]): string[] {
  const four = range(4);
  if (form === 'TN') {
    return [
      'for (var k = 0u; k < u.K; k++) {',
      ...range(Math.ceil(rows.length / 4)).map((r) => `  let a${r} = A[a_${r} + k * u.aRow];`),
      ...columns.map((c) => `  let b${c} = B[b_${c} + k * u.bRow];`),
      ...rows.flatMap((r) => columns.map((c) => `  c${r}_${c} += a${r >> 2}.${'xyzw'[r & 3]} * b${c};`)),
      '}',
    ];
  }
  const loadRows = rows.map((r) => `  let a${r} = A[a_${r} + k];`);
  const multiply =
    form === 'NN'
      ? four.flatMap((kk) => [
          ...columns.map((c) => `  let b${kk}_${c} = B[b_${c} + (k * 4u + ${kk}u) * u.bRow];`),
          ...rows.flatMap((r) => columns.map((c) => `  c${r}_${c} += a${r}.${'xyzw'[kk]} * b${kk}_${c};`)),
        ])
      : columns.flatMap((c) => [
          ...four.map((j) => `  let b${c * 4 + j} = B[b_${c * 4 + j} + k];`),
          ...rows.map((r) => {
            const products = four.map((j) => `dot(a${r}, b${c * 4 + j})`);
            return `  c${r}_${c} += vec4<f32>(${products.join(', ')});`;
          }),
        ]);
  return ['for (var k = 0u; k < u.K / 4u; k++) {', ...loadRows, ...multiply, '}'];
}

/** Tile of the scalar kernel. */
export const scalarTile: Tile = [4, 4];

/** Any sizes, element by element; strides and offsets in elements. */
export function scalarMatmulCode(form: MatmulForm): string {
  const [rows, columns] = scalarTile.map(range) as [number[], number[]];
  const aIndex = (r: number): string =>
    form === 'TN' ? `aBase + m${r} + k * u.aRow` : `aBase + m${r} * u.aRow + k`;
  const bIndex = (c: number): string =>
    form === 'NT' ? `bBase + n${c} * u.bRow + k` : `bBase + n${c} + k * u.bRow`;
  const lines = [
    `let row = id.y * ${rows.length}u;`,
    `let col = id.x * ${columns.length}u;`,
    'if (row >= u.M || col >= u.N) { return; }',
    ...rows.map((r) => `let m${r} = min(row + ${r}u, u.M - 1u);`),
    ...columns.map((c) => `let n${c} = min(col + ${c}u, u.N - 1u);`),
    ...rows.flatMap((r) => columns.map((c) => `var c${r}_${c} = 0.0;`)),
    'for (var k = 0u; k < u.K; k++) {',
    ...rows.map((r) => `  let a${r} = A[${aIndex(r)}];`),
    ...columns.map((c) => `  let b${c} = B[${bIndex(c)}];`),
    ...rows.flatMap((r) => columns.map((c) => `  c${r}_${c} += a${r} * b${c};`)),
    '}',
    ...rows.flatMap((r) =>
      columns.map(
        (c) =>
          `if (row + ${r}u < u.M && col + ${c}u < u.N) { C[cBase + (row + ${r}u) * u.cRow + col + ${c}u] = c${r}_${c}; }`,
      ),
    ),
  ];
  return `${bindings('f32')}  ${lines.join('\n  ')}\n}`;
}

/** Most rows of C that `fewRowsCode` takes. */
export const mostFewRows = 4;

/**
 * A·Bᵀ for 1 to 4 rows of A, as in decoding: one reduction over K per column of C, so that a GPU reads each row of B with
 * neighbouring invocations. A and B in vec4, C in elements.
 */
export function fewRowsCode(style: ReductionStyle, rowCount: number): string {
  const rows = range(rowCount);
  return rowKernel(
    style,
    { writes: { c: 'f32' }, reads: { a: 'vec4<f32>', b: 'vec4<f32>' }, u32: ['rows', 'columns'] },
    `${rows.map((r) => `var sum${r} = 0.0;`).join(' ')}
  for (var i = lane; i < u.columns; i += LANES) {
    let weight = b[row * u.columns + i];
    ${rows.map((r) => `sum${r} += dot(a[${r}u * u.columns + i], weight);`).join('\n    ')}
  }
  ${rows.map((r) => `sum${r} = reduceSum(sum${r}, lane);`).join('\n  ')}
  if (lane == 0u) { ${rows.map((r) => `c[${r}u * u.rows + row] = sum${r};`).join(' ')} }`,
  );
}
