/**
 * The kernel without workgroup memory: each invocation keeps a tile of C in registers and reads A and B straight from
 * storage, four values at a time. 8x8 was the best of 35 register tiles tried on an emulated GPU.
 */
import { batchOffsets, vectorBindings } from './frame.wgsl.ts';
import { range, type MatmulKind, type Tile } from './matmulForm.ts';
import { lowRankSource, mainSource, vectorProducts } from './vectorProducts.wgsl.ts';

/** Invocations of a workgroup, down and across. */
export const directSide = 8;

/** All strides and offsets in units of four values; N and (by form) K or M multiples of 4. */
export function directCode(kind: MatmulKind, tile: Tile): string {
  const [tileRows, tileColumns] = tile;
  const columns = range(tileColumns / 4);
  const columnVector = (c: number): string => `col + ${c}u`;
  const lines = [
    'let batch = id.z;',
    ...batchOffsets,
    `let row = id.y * ${tileRows}u;`,
    `let col = id.x * ${columns.length}u;`,
    'if (row >= u.M || col >= u.N / 4u) { return; }',
    ...range(tileRows).flatMap((r) => columns.map((c) => `var c${r}_${c} = vec4<f32>(0.0);`)),
    ...vectorProducts(mainSource(kind.form, kind.store), tile, columnVector),
    ...(kind.epilogue.low ? vectorProducts(lowRankSource(kind.form), tile, columnVector) : []),
    ...storeTile(tile, columnVector),
  ];
  return `${vectorBindings(kind)}
@compute @workgroup_size(${directSide}, ${directSide})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  ${lines.join('\n  ')}
}`;
}

/** Stores the part of a tile that is inside C; `rowAt` gives the place of the tile's `r`-th row. */
export function storeTile(
  [tileRows, tileColumns]: Tile,
  columnVector: (c: number) => string,
  rowAt = (r: number): string => `row + ${r}u`,
): string[] {
  return range(tileRows).flatMap((r) => [
    `if (${rowAt(r)} < u.M) {`,
    `  let start = cBase + (${rowAt(r)}) * u.cRow;`,
    ...range(tileColumns / 4).map(
      (c) =>
        `  if (${columnVector(c)} < u.N / 4u) { C[start + ${columnVector(c)}] = finish(c${r}_${c}, start + ${columnVector(c)}); }`,
    ),
    '}',
  ]);
}
