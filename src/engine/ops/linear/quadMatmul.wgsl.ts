/**
 * The kernel without workgroup memory for devices that emulate a GPU in groups of four: the four invocations of a quad have
 * the same rows of C and neighbouring columns. Each loads a quarter of the rows of A and gets the others from its quad, a
 * shuffle of registers where a load is four loads, each with its checks: A is loaded a quarter as often.
 */
import { storeTile } from './directMatmul.wgsl.ts';
import { batchOffsets, vectorBindings } from './frame.wgsl.ts';
import { range, type MatmulKind, type Tile } from './matmulForm.ts';
import { ownRows, quadProducts } from './quadProducts.wgsl.ts';
import { lowRankSource, mainSource } from './vectorProducts.wgsl.ts';

/** Quads of a workgroup, down and across; a quad is 4 invocations across. */
export function quadsOf([, tileColumns]: Tile): readonly [down: number, across: number] {
  return tileColumns > 4 ? [4, 1] : [8, 2];
}

/** A small tile's loop stays in the cache of instructions; a large one's does not, so that its turns take more. */
function foursOfTurn([, tileColumns]: Tile): number {
  return tileColumns > 4 ? 2 : 1;
}

/** Strides and offsets as for `directCode`. */
export function quadCode(kind: MatmulKind, tile: Tile): string {
  const columns = range(tile[1] / 4);
  const [quadsDown, quadsAcross] = quadsOf(tile);
  const columnVector = (c: number): string => `col + ${c}u`;
  const own = ownRows(tile);
  const lines = [
    'let batch = group.z;',
    ...batchOffsets,
    'let lane = invocation & 3u;',
    'let quad = index / 4u;',
    `let top = (group.y * ${quadsDown}u + quad / ${quadsAcross}u) * ${tile[0]}u;`,
    `let row = top + ${own}u * lane;`,
    `let left = (group.x * ${quadsAcross}u + quad % ${quadsAcross}u) * ${4 * columns.length}u;`,
    `let col = left + lane * ${columns.length}u;`,
    'if (top >= u.M || left >= u.N / 4u) { return; }', // a whole quad or none of it: shuffles need all four
    ...range(tile[0]).flatMap((r) => columns.map((c) => `var c${r}_${c} = vec4<f32>(0.0);`)),
    ...quadProducts(mainSource(kind.form, kind.store), tile, columnVector, foursOfTurn(tile)),
    ...(kind.epilogue.low ? quadProducts(lowRankSource(kind.form), tile, columnVector, 1) : []),
    ...storeTile(tile, columnVector, (r) => `top + ${own}u * (lane ^ ${Math.floor(r / own)}u) + ${r % own}u`),
  ];
  return `enable subgroups;
diagnostic(off, subgroup_uniformity);
${vectorBindings(kind)}
@compute @workgroup_size(${4 * quadsDown * quadsAcross})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32,
        @builtin(subgroup_invocation_id) invocation: u32) {
  ${lines.join('\n  ')}
}`;
}
