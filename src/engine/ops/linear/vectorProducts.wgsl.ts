/**
 * The inner loop of the vec4 kernels that read A and B straight from storage: a tile of C in registers, named c{row}_{vector},
 * gains the products of a stretch of K. Rows and columns beyond the edge are clamped: they compute again what is not stored.
 */
import { fourValues } from '../packedMatrix/packedLoads.wgsl.ts';
import type { MatrixStore } from '../packedMatrix/packedForm.ts';
import { range, type MatmulForm, type Tile } from './matmulForm.ts';

/** Where the loop reads; all WGSL expressions, in units of four values but `depth`. */
export interface ProductSource {
  readonly form: MatmulForm;
  readonly store: MatrixStore;
  readonly a: string;
  readonly b: string;
  readonly aBase: string;
  readonly bBase: string;
  readonly aRow: string;
  readonly bRow: string;
  /** Length of the sums, in values. */
  readonly depth: string;
}

/** Index of the vector of columns that is the tile's `c`-th. */
export type ColumnVector = (c: number) => string;

/** The main product of A and B. */
export function mainSource(form: MatmulForm, store: MatrixStore): ProductSource {
  const bases = { aBase: 'aBase', bBase: 'bBase', aRow: 'u.aRow', bRow: 'u.bRow' };
  return { form, store, a: 'A', b: 'B', ...bases, depth: 'u.K' };
}

/** The product Low·Up or Low·Upᵀ of an epilogue. */
export function lowRankSource(form: MatmulForm): ProductSource {
  const bRow = form === 'NT' ? 'u.rank / 4u' : 'u.N / 4u';
  const bases = { aBase: '0u', bBase: '0u', aRow: 'u.rank / 4u', bRow };
  return { form, store: 'f32', a: 'Low', b: 'Up', ...bases, depth: 'u.rank' };
}

/** Adds the products to c0_0, c0_1, …; `row` is the tile's first row. */
export function vectorProducts(
  source: ProductSource,
  [tileRows, tileColumns]: Tile,
  columnVector: ColumnVector,
): string[] {
  const rows = range(tileRows);
  const columns = range(tileColumns / 4);
  const lines = [...productStarts(source, rows, columns, columnVector), ...loop(source, rows, columns)];
  return ['{', ...lines.map((line) => `  ${line}`), '}'];
}

/** Where the loop over K begins to read: a_0, a_1, … for these rows of A and b_0, b_1, … for these columns. */
export function productStarts(
  source: ProductSource,
  rows: readonly number[],
  columns: readonly number[],
  columnVector: ColumnVector,
): string[] {
  const { form, aBase, bBase, aRow, bRow } = source;
  const aStarts =
    form === 'TN'
      ? range(Math.ceil(rows.length / 4)).map(
          (r) => `let a_${r} = ${aBase} + min(row / 4u + ${r}u, u.M / 4u - 1u);`,
        )
      : rows.map((r) => `let a_${r} = ${aBase} + min(row + ${r}u, u.M - 1u) * (${aRow});`);
  const bStarts = columns.flatMap((c) =>
    form === 'NT'
      ? range(4).map(
          (j) =>
            `let b_${c * 4 + j} = ${bBase} + min((${columnVector(c)}) * 4u + ${j}u, u.N - 1u) * (${bRow});`,
        )
      : [`let b_${c} = ${bBase} + min(${columnVector(c)}, u.N / 4u - 1u);`],
  );
  return [...aStarts, ...bStarts];
}

function loop(source: ProductSource, rows: readonly number[], columns: readonly number[]): string[] {
  const { form, store, a, b, aRow, bRow, depth } = source;
  const load = (index: string): string => fourValues(store, `${b}[${index}]`);
  if (form === 'TN') {
    return [
      `for (var k = 0u; k < ${depth}; k++) {`,
      ...range(Math.ceil(rows.length / 4)).map((r) => `  let a${r} = ${a}[a_${r} + k * (${aRow})];`),
      ...columns.map((c) => `  let b${c} = ${load(`b_${c} + k * (${bRow})`)};`),
      ...rows.flatMap((r) => columns.map((c) => `  c${r}_${c} += a${r >> 2}.${'xyzw'[r & 3]} * b${c};`)),
      '}',
    ];
  }
  const loadRows = rows.map((r) => `  let a${r} = ${a}[a_${r} + k];`);
  const head = `for (var k = 0u; k < ${depth} / 4u; k++) {`;
  if (form === 'NN') {
    const products = range(4).flatMap((kk) => {
      const bRowAt = kk === 0 ? 'bStart' : `bStart + bStep${kk}`;
      const scale = rowScale(source, bRowAt);
      return [
        ...columns.map((c) => `  let b${kk}_${c} = ${load(`b_${c} + ${bRowAt}`)}${scale};`),
        ...rows.flatMap((r) => columns.map((c) => `  c${r}_${c} += a${r}.${'xyzw'[kk]} * b${kk}_${c};`)),
      ];
    });
    const steps = [1, 2, 3].map((kk) => `let bStep${kk} = ${kk}u * (${bRow});`);
    return [...steps, head, `  let bStart = 4u * k * (${bRow});`, ...loadRows, ...products, '}'];
  }
  const products = columns.flatMap((c) => [
    ...range(4).map((j) => `  let b${c * 4 + j} = ${load(`b_${c * 4 + j} + k`)};`),
    ...rows.map((r) => {
      const dots = range(4).map((j) => `dot(a${r}, b${c * 4 + j})`);
      return `  c${r}_${c} += vec4<f32>(${dots.join(', ')});`;
    }),
  ]);
  return [head, ...loadRows, ...products, '}', ...columnScales(source, rows, columns)];
}

/** A factor of what is read of a row of B as it is stored, in NN: the scale of 8-bit values, which is the row's last word. */
export function rowScale({ store, b, bBase, bRow }: ProductSource, rowStart: string): string {
  return store === 'i8' ? ` * bitcast<f32>(${b}[${bBase} + ${rowStart} + ${bRow} - 1u])` : '';
}

/** The same in NT, where a row of B is a column of C: after the loop. */
export function columnScales(
  { store, b, bRow }: ProductSource,
  rows: readonly number[],
  columns: readonly number[],
): string[] {
  if (store !== 'i8') return [];
  return columns.flatMap((c) => {
    const four = range(4).map((j) => `bitcast<f32>(${b}[b_${c * 4 + j} + ${bRow} - 1u])`);
    return [`let s${c} = vec4<f32>(${four.join(', ')});`, ...rows.map((r) => `c${r}_${c} *= s${c};`)];
  });
}
