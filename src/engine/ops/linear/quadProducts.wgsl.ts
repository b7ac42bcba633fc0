/**
 * The inner loop of the kernel with quads, for devices that emulate a GPU in groups of four. There a value of an invocation is
 * a lane of a register: taking a vector apart costs nothing, a step of a loop or a load costs dozens of instructions, and
 * products are bound by how many bytes of code run by. What SwiftShader's compiler makes of the text decides its form:
 *
 * - Between two loads it uses the left factor of a product at the price of a store, if it is used again, and the right one for
 *   nothing. So a column comes in right before its products with all rows, which are the left factors, once each.
 * - What a shuffle gives is an integer to it and is copied at every use; a product with `live` is a number.
 * - Each turn of the loop masks and moves the whole tile: a turn takes several fours of K, whatever the form.
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
 * A turn of the loop takes `fours` times four of K.
 */
export function quadProducts(
  source: ProductSource,
  tile: Tile,
  columnVector: ColumnVector,
  fours: number,
): string[] {
  const columns = range(tile[1] / 4);
  const lines = [
    ...productStarts(source, range(ownRows(tile)), columns, columnVector),
    `for (var k = 0u; k < ${source.depth}; k += ${4 * fours}u) {`,
    ...turn(source, tile, range(fours)).map((line) => `  ${line}`),
    '}',
    ...(source.form === 'NT' ? columnScales(source, range(tile[0]), columns) : []),
  ];
  return ['{', ...lines.map((line) => `  ${line}`), '}'];
}

/**
 * Beyond the depth a turn reads the last values again and multiplies them with zero: an infinite one makes its sum NaN, where it
 * would have been infinite.
 */
function turn(source: ProductSource, tile: Tile, fours: readonly number[]): string[] {
  const { depth } = source;
  const places = fours.flatMap((f) => [
    `let four${f} = min(k / 4u + ${f}u, ${depth} / 4u - 1u);`,
    ...range(4).flatMap((i) => [
      `let at${f}_${i} = min(k + ${4 * f + i}u, ${depth} - 1u);`,
      `let live${f}_${i} = f32(k + ${4 * f + i}u < ${depth});`,
    ]),
  ]);
  const products = source.form === 'NT' ? columnsAlong : columnsAcross;
  return [...places, ...rowsOfQuad(source, tile, fours), ...products(source, tile, fours)];
}

/** Loads the invocation's own rows of A, a{four}_{vector}_0, and takes those of the quad's others, _1 to _3. */
function rowsOfQuad({ form, a, aRow }: ProductSource, tile: Tile, fours: readonly number[]): string[] {
  const own = ownRows(tile);
  const loads =
    form === 'TN'
      ? fours.flatMap((f) =>
          range(4).flatMap((i) =>
            range(own / 4).map((q) => ({
              name: `a${f}_${i}_${q}`,
              place: `a_${q} + at${f}_${i} * (${aRow})`,
              live: `live${f}_${i}`,
            })),
          ),
        )
      : fours.flatMap((f) =>
          range(own).map((r) => ({ name: `a${f}_${r}`, place: `a_${r} + four${f}`, live: `live${f}_0` })),
        );
  return [
    ...loads.map(({ name, place }) => `let ${name} = ${a}[${place}];`),
    ...loads.flatMap(({ name, live }) => [
      `let ${name}_0 = ${name} * ${live};`,
      ...swaps.map((swap, s) => `let ${name}_${s + 1} = ${swap}(${name}) * ${live};`),
    ]),
  ];
}

/** Four values of a row of the tile along K. */
function rowAlong(form: ProductSource['form'], own: number, four: number, row: number): string {
  const [s, r] = [Math.floor(row / own), row % own];
  return form === 'TN' ? along((i) => `a${four}_${i}_${r >> 2}_${s}.${component(r)}`) : `a${four}_${r}_${s}`;
}

/** NT: B lies along K. */
function columnsAlong(source: ProductSource, tile: Tile, fours: readonly number[]): string[] {
  return range(tile[1]).flatMap((column) => [
    ...fours.map((f) => {
      const values = fourValues(source.store, `${source.b}[b_${column} + four${f}]`);
      return `let t${f}_${column} = ${values};`;
    }),
    ...columnProducts(source, tile, fours, column),
  ]);
}

/** NN and TN: B lies across K. Four columns come in together, one four's row of each before the products of a column before. */
function columnsAcross(source: ProductSource, tile: Tile, fours: readonly number[]): string[] {
  const { store, b, bRow } = source;
  const rowStarts = fours.flatMap((f) =>
    range(4).map((i) => `let bStart${f}_${i} = at${f}_${i} * (${bRow});`),
  );
  const load = (vector: number, i: number): string[] =>
    fours.map((f) => {
      const start = `bStart${f}_${i}`;
      return `let b${f}_${i}_${vector} = ${fourValues(store, `${b}[b_${vector} + ${start}]`)}${rowScale(source, start)};`;
    });
  const vectors = tile[1] / 4;
  return [
    ...rowStarts,
    ...range(4).flatMap((i) => load(0, i)),
    ...range(tile[1]).flatMap((column) => {
      const [vector, j] = [column >> 2, column & 3];
      return [
        ...(vector + 1 < vectors ? load(vector + 1, j) : []),
        ...fours.map((f) => `let t${f}_${column} = ${along((i) => `b${f}_${i}_${vector}.${component(j)}`)};`),
        ...columnProducts(source, tile, fours, column),
      ];
    }),
  ];
}

/** Adds what a column, t{four}_{column}, gives with all rows. */
function columnProducts(
  { form }: ProductSource,
  tile: Tile,
  fours: readonly number[],
  column: number,
): string[] {
  return range(tile[0]).map((row) => {
    const sum = `c${row}_${column >> 2}.${component(column & 3)}`;
    const dots = fours.map((f) => `dot(${rowAlong(form, ownRows(tile), f, row)}, t${f}_${column})`);
    return `${sum} = ${dots.join(' + ')} + ${sum};`;
  });
}

function along(value: (i: number) => string): string {
  return `vec4<f32>(${range(4).map(value).join(', ')})`;
}

function component(place: number): string {
  return 'xyzw'[place & 3]!;
}
