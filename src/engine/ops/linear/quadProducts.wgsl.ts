/**
 * The inner loop of the kernel with quads, for devices that emulate a GPU in groups of four. There a value of an invocation is
 * a lane of a register: taking a vector apart costs nothing, a step of a loop much, and of all ways to say a sum of products
 * `dot` gives the fewest instructions. So four values of K are read at a time, whatever the form, and turned to lie along K.
 */
import { fourValues } from '../packedMatrix/packedLoads.wgsl.ts';
import { range, type Tile } from './matmulForm.ts';
import {
  columnScales,
  productStarts,
  rowScale,
  type ColumnVector,
  type ProductSource,
} from './vectorProducts.wgsl.ts';

/** Rows of a quad's tile that an invocation loads: quarter s of the tile is what lane ^ s has loaded. */
export function ownRows([tileRows]: Tile): number {
  return tileRows / 4;
}

const swaps = ['quadSwapX', 'quadSwapY', 'quadSwapDiagonal'];

/**
 * Adds the products to c0_0, c0_1, …; `row` is the first row that the invocation loads. The tile's rows are a multiple of 16.
 */
export function quadProducts(source: ProductSource, tile: Tile, columnVector: ColumnVector): string[] {
  const columns = range(tile[1] / 4);
  const lines = [
    ...productStarts(source, range(ownRows(tile)), columns, columnVector),
    ...(source.form === 'TN' ? loopAcross(source, tile) : loopAlong(source, tile)),
    ...(source.form === 'NT' ? columnScales(source, range(tile[0]), columns) : []),
  ];
  return ['{', ...lines.map((line) => `  ${line}`), '}'];
}

/** NN and NT: A lies along K, a multiple of 4. */
function loopAlong(source: ProductSource, tile: Tile): string[] {
  const columns = range(tile[1] / 4);
  const own = ownRows(tile);
  const { form, store, a, b, bRow, depth } = source;
  const load = (index: string): string => fourValues(store, `${b}[${index}]`);
  const columnsAlong = columns.flatMap((c) =>
    range(4).map((j) => `  let t${c * 4 + j} = ${load(`b_${c * 4 + j} + k`)};`),
  );
  const rowsAcross = range(4).flatMap((i) =>
    columns.map((c) => `  let b${i}_${c} = ${load(`b_${c} + bStart${i}`)}${rowScale(source, `bStart${i}`)};`),
  );
  return [
    `for (var k = 0u; k < ${depth} / 4u; k++) {`,
    ...range(own).map((r) => `  let a${r} = ${a}[a_${r} + k];`),
    ...fromOthers('a', own),
    ...(form === 'NT'
      ? columnsAlong
      : [
          ...range(4).map((i) => `  let bStart${i} = (4u * k + ${i}u) * (${bRow});`),
          ...rowsAcross,
          ...turnedColumns(columns),
        ]),
    ...dots('a', tile),
    '}',
  ];
}

/** TN: A lies across K, of which any number may be left after the fours. */
function loopAcross(source: ProductSource, tile: Tile): string[] {
  const rows = range(tile[0]);
  const columns = range(tile[1] / 4);
  const fours = ownRows(tile) / 4;
  const { store, a, b, aRow, bRow, depth } = source;
  const read = (i: number, at: string): string[] => [
    ...range(fours).map((f) => `  let a${i}_${f} = ${a}[a_${f} + ${at} * (${aRow})];`),
    ...fromOthers(`a${i}_`, fours),
    ...columns.map((c) => `  let b${i}_${c} = ${fourValues(store, `${b}[b_${c} + ${at} * (${bRow})]`)};`),
  ];
  const component = (r: number): string => 'xyzw'[r & 3]!;
  return [
    'var k = 0u;',
    `for (; k + 3u < ${depth}; k += 4u) {`,
    ...range(4).flatMap((i) => read(i, `(k + ${i}u)`)),
    ...turnedColumns(columns),
    ...rows.map((r) => {
      const four = range(4).map((i) => `a${i}_${r >> 2}.${component(r)}`);
      return `  let v${r} = vec4<f32>(${four.join(', ')});`;
    }),
    ...dots('v', tile),
    '}',
    `for (; k < ${depth}; k++) {`,
    ...read(0, 'k'),
    ...rows.flatMap((r) => columns.map((c) => `  c${r}_${c} += a0_${r >> 2}.${component(r)} * b0_${c};`)),
    '}',
  ];
}

/** What the other three of the quad have loaded of vectors called `name` and a number. */
function fromOthers(name: string, count: number): string[] {
  return swaps.flatMap((swap, s) =>
    range(count).map((r) => `  let ${name}${(s + 1) * count + r} = ${swap}(${name}${r});`),
  );
}

/** Four vectors across the columns, b0 to b3, as vectors along K, one for each column. */
function turnedColumns(columns: readonly number[]): string[] {
  return columns.flatMap((c) =>
    range(4).map((j) => {
      const four = range(4).map((i) => `b${i}_${c}.${'xyzw'[j]!}`);
      return `  let t${c * 4 + j} = vec4<f32>(${four.join(', ')});`;
    }),
  );
}

function dots(row: string, [tileRows, tileColumns]: Tile): string[] {
  return range(tileRows).flatMap((r) =>
    range(tileColumns / 4).map((c) => {
      const four = range(4).map((j) => `dot(${row}${r}, t${c * 4 + j})`);
      return `  c${r}_${c} += vec4<f32>(${four.join(', ')});`;
    }),
  );
}
