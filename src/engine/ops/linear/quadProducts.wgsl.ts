/**
 * The inner loop of the kernel with quads, for devices that emulate a GPU in groups of four. There a value of an invocation is
 * a lane of a register: taking a vector apart costs nothing, a step of a loop much, and of all ways to say a sum of products
 * `dot` gives the fewest instructions. So four values of K are read at a time, whatever the form, and turned to lie along K; two
 * such fours are summed before they are added to the tile, which lies in memory: a device of that kind has 16 registers.
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

/** Names of the fours that are summed before they are added to the tile. */
const marks = ['p', 'q'];

/** NN and NT: A lies along K, a multiple of 4. */
function loopAlong(source: ProductSource, tile: Tile): string[] {
  const fours = `${source.depth} / 4u`;
  return [
    'var k = 0u;',
    ...(isLong(source)
      ? [
          `for (; k + 1u < ${fours}; k += 2u) {`,
          ...marks.flatMap((mark, i) => fourAlong(source, tile, `(k + ${i}u)`, mark)),
          ...dots(marks, tile),
          '}',
        ]
      : []),
    `for (; k < ${fours}; k++) {`,
    ...fourAlong(source, tile, 'k', 'p'),
    ...dots(['p'], tile),
    '}',
  ];
}

/** An adapter's rank is a few fours; a loop for two of them would only be more to compile. */
function isLong({ a }: ProductSource): boolean {
  return a === 'A';
}

/** Four number `at` of rows and columns, a and t with a mark and a number. */
function fourAlong(source: ProductSource, tile: Tile, at: string, mark: string): string[] {
  const columns = range(tile[1] / 4);
  const own = ownRows(tile);
  const { form, store, a, b, bRow } = source;
  const load = (index: string): string => fourValues(store, `${b}[${index}]`);
  return [
    ...range(own).map((r) => `  let a${mark}${r} = ${a}[a_${r} + ${at}];`),
    ...fromOthers(`a${mark}`, own),
    ...(form === 'NT'
      ? range(tile[1]).map((c) => `  let t${mark}${c} = ${load(`b_${c} + ${at}`)};`)
      : [
          ...range(4).map((i) => `  let b${mark}Start${i} = (4u * ${at} + ${i}u) * (${bRow});`),
          ...range(4).flatMap((i) =>
            columns.map((c) => {
              const start = `b${mark}Start${i}`;
              return `  let b${mark}${i}_${c} = ${load(`b_${c} + ${start}`)}${rowScale(source, start)};`;
            }),
          ),
          ...turnedColumns(columns, mark),
        ]),
  ];
}

/** TN: A lies across K, of which any number may be left after the fours. */
function loopAcross(source: ProductSource, tile: Tile): string[] {
  const { depth } = source;
  return [
    'var k = 0u;',
    `for (; k + 7u < ${depth}; k += 8u) {`,
    ...marks.flatMap((mark, i) => fourAcross(source, tile, `k + ${4 * i}u`, mark)),
    ...dots(marks, tile),
    '}',
    `for (; k + 3u < ${depth}; k += 4u) {`,
    ...fourAcross(source, tile, 'k', 'p'),
    ...dots(['p'], tile),
    '}',
    `for (; k < ${depth}; k++) {`,
    ...rowAcross(source, tile, 'k', 'p0'),
    ...range(tile[0]).flatMap((r) =>
      range(tile[1] / 4).map((c) => `  c${r}_${c} += rp0_${r >> 2}.${component(r)} * bp0_${c};`),
    ),
    '}',
  ];
}

function fourAcross(source: ProductSource, tile: Tile, at: string, mark: string): string[] {
  return [
    ...range(4).flatMap((i) => rowAcross(source, tile, `(${at} + ${i}u)`, `${mark}${i}`)),
    ...turnedColumns(range(tile[1] / 4), mark),
    ...range(tile[0]).map((r) => {
      const four = range(4).map((i) => `r${mark}${i}_${r >> 2}.${component(r)}`);
      return `  let a${mark}${r} = vec4<f32>(${four.join(', ')});`;
    }),
  ];
}

/** Row `at` of A and of B, r and b with a mark and a number. */
function rowAcross(source: ProductSource, tile: Tile, at: string, mark: string): string[] {
  const { store, a, b, aRow, bRow } = source;
  const fours = ownRows(tile) / 4;
  return [
    ...range(fours).map((f) => `  let r${mark}_${f} = ${a}[a_${f} + ${at} * (${aRow})];`),
    ...fromOthers(`r${mark}_`, fours),
    ...range(tile[1] / 4).map(
      (c) => `  let b${mark}_${c} = ${fourValues(store, `${b}[b_${c} + ${at} * (${bRow})]`)};`,
    ),
  ];
}

function component(r: number): string {
  return 'xyzw'[r & 3]!;
}

/** What the other three of the quad have loaded of vectors called `name` and a number. */
function fromOthers(name: string, count: number): string[] {
  return swaps.flatMap((swap, s) =>
    range(count).map((r) => `  let ${name}${(s + 1) * count + r} = ${swap}(${name}${r});`),
  );
}

/** Four vectors across the columns, b with 0 to 3, as vectors along K, one for each column. */
function turnedColumns(columns: readonly number[], mark: string): string[] {
  return columns.flatMap((c) =>
    range(4).map((j) => {
      const four = range(4).map((i) => `b${mark}${i}_${c}.${component(j)}`);
      return `  let t${mark}${c * 4 + j} = vec4<f32>(${four.join(', ')});`;
    }),
  );
}

function dots(fours: readonly string[], [tileRows, tileColumns]: Tile): string[] {
  return range(tileRows).flatMap((r) =>
    range(tileColumns / 4).map((c) => {
      const sums = range(4).map((j) =>
        fours.map((mark) => `dot(a${mark}${r}, t${mark}${c * 4 + j})`).join(' + '),
      );
      return `  c${r}_${c} += vec4<f32>(${sums.join(', ')});`;
    }),
  );
}
