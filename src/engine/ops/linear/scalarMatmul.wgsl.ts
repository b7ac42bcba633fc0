/** The kernel for any sizes: 4x4 registers, element by element. Strides and offsets in elements, of B in words if packed. */
import { batchOffsets, bindings } from './frame.wgsl.ts';
import { range, type MatmulForm, type MatmulKind, type Tile } from './matmulForm.ts';

export const scalarTile: Tile = [4, 4];

/** Invocations of a workgroup, down and across. */
export const scalarSide = 8;

/** WGSL of the kernel that reads single numbers: for sizes that are no multiples of 4. */
export function scalarCode(kind: MatmulKind): string {
  const { form, store, epilogue } = kind;
  const [rows, columns] = scalarTile.map(range) as [number[], number[]];
  const lines = [
    'let batch = id.z;',
    ...batchOffsets,
    `let row = id.y * ${rows.length}u;`,
    `let col = id.x * ${columns.length}u;`,
    'if (row >= u.M || col >= u.N) { return; }',
    ...rows.map((r) => `let m${r} = min(row + ${r}u, u.M - 1u);`),
    ...columns.map((c) => `let n${c} = min(col + ${c}u, u.N - 1u);`),
    ...rows.flatMap((r) => columns.map((c) => `var c${r}_${c} = 0.0;`)),
    ...products({
      depth: 'u.K',
      a: (r) => (form === 'TN' ? `A[aBase + m${r} + k * u.aRow]` : `A[aBase + m${r} * u.aRow + k]`),
      b: (c) => `elementOfB(bBase, ${form === 'NT' ? `n${c}, k` : `k, n${c}`})`,
    }),
    ...(epilogue.low ? lowRankProducts(form) : []),
    ...rows.flatMap((r) =>
      columns.flatMap((c) => [
        `if (row + ${r}u < u.M && col + ${c}u < u.N) {`,
        `  let at = cBase + (row + ${r}u) * u.cRow + col + ${c}u;`,
        `  C[at] = finish(c${r}_${c}, at);`,
        '}',
      ]),
    ),
  ];
  return `${bindings(kind, 'f32', store === 'f32' ? 'f32' : 'u32')}${elementOfB[store]}
@compute @workgroup_size(${scalarSide}, ${scalarSide})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  ${lines.join('\n  ')}
}`;
}

const elementOfB = {
  f32: 'fn elementOfB(base: u32, row: u32, column: u32) -> f32 { return B[base + row * u.bRow + column]; }',
  f16: `fn elementOfB(base: u32, row: u32, column: u32) -> f32 {
  return unpack2x16float(B[base + row * u.bRow + column / 2u])[column % 2u];
}`,
  i8: `fn elementOfB(base: u32, row: u32, column: u32) -> f32 {
  let start = base + row * u.bRow;
  return unpack4x8snorm(B[start + column / 4u])[column % 4u] * bitcast<f32>(B[start + u.bRow - 1u]);
}`,
};

function lowRankProducts(form: MatmulForm): string[] {
  return products({
    depth: 'u.rank',
    a: (r) => `Low[m${r} * u.rank + k]`,
    b: (c) => (form === 'NT' ? `Up[n${c} * u.rank + k]` : `Up[k * u.N + n${c}]`),
  });
}

function products(source: { depth: string; a: (r: number) => string; b: (c: number) => string }): string[] {
  const [rows, columns] = scalarTile.map(range) as [number[], number[]];
  return [
    `for (var k = 0u; k < ${source.depth}; k++) {`,
    ...rows.map((r) => `  let a${r} = ${source.a(r)};`),
    ...columns.map((c) => `  let b${c} = ${source.b(c)};`),
    ...rows.flatMap((r) => columns.map((c) => `  c${r}_${c} += a${r} * b${c};`)),
    '}',
  ];
}
