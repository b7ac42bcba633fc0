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

/**
 * Which rows of A an invocation loads: all of its tile's, or a quarter of them, the rest coming from the other three of its
 * quad, which have the same rows. Then `row` is the first of its quarter, and quarter s of the tile is that of lane ^ s.
 */
export type RowSource = 'own' | 'quad';

const quarterRows = 4;
const fromQuad = ['', 'quadSwapX', 'quadSwapY', 'quadSwapDiagonal'];

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

/** Adds the products to c0_0, c0_1, …; `row` is the tile's first row. From a quad a tile has 16 rows. */
export function vectorProducts(
  source: ProductSource,
  [tileRows, tileColumns]: Tile,
  columnVector: ColumnVector,
  rowSource: RowSource = 'own',
): string[] {
  const rows = range(tileRows);
  const columns = range(tileColumns / 4);
  const loaded = rowSource === 'quad' ? range(quarterRows) : rows;
  const lines = [
    ...starts(source, loaded, columns, columnVector),
    ...loop(source, loaded, rows, columns, rowSource),
  ];
  return ['{', ...lines.map((line) => `  ${line}`), '}'];
}

function starts(
  source: ProductSource,
  rows: number[],
  columns: number[],
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

function loop(
  source: ProductSource,
  loaded: number[],
  rows: number[],
  columns: number[],
  rowSource: RowSource,
): string[] {
  const { form, store, a, b, aRow, bRow, depth, bBase } = source;
  const vectorsOfA = form === 'TN' ? Math.ceil(loaded.length / 4) : loaded.length;
  const swapped = rowSource === 'own' ? [] : fromOthers(vectorsOfA);
  const load = (index: string): string => fourValues(store, `${b}[${index}]`);
  if (form === 'TN') {
    return [
      `for (var k = 0u; k < ${depth}; k++) {`,
      ...range(vectorsOfA).map((r) => `  let a${r} = ${a}[a_${r} + k * (${aRow})];`),
      ...swapped,
      ...columns.map((c) => `  let b${c} = ${load(`b_${c} + k * (${bRow})`)};`),
      ...rows.flatMap((r) => columns.map((c) => `  c${r}_${c} += a${r >> 2}.${'xyzw'[r & 3]} * b${c};`)),
      '}',
    ];
  }
  const loadRows = [...loaded.map((r) => `  let a${r} = ${a}[a_${r} + k];`), ...swapped];
  const head = `for (var k = 0u; k < ${depth} / 4u; k++) {`;
  if (form === 'NN') {
    const products = range(4).flatMap((kk) => {
      const bRowAt = kk === 0 ? 'bStart' : `bStart + bStep${kk}`;
      // A row's scale is its last word.
      const scale = store === 'i8' ? ` * bitcast<f32>(${b}[${bBase} + ${bRowAt} + ${bRow} - 1u])` : '';
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
  const scales = columns.flatMap((c) => {
    const four = range(4).map((j) => `bitcast<f32>(${b}[b_${c * 4 + j} + ${bRow} - 1u])`);
    return [`let s${c} = vec4<f32>(${four.join(', ')});`, ...rows.map((r) => `c${r}_${c} *= s${c};`)];
  });
  return [head, ...loadRows, ...products, '}', ...(store === 'i8' ? scales : [])];
}

/** What the other three of the quad have loaded. */
function fromOthers(vectors: number): string[] {
  return [1, 2, 3].flatMap((s) =>
    range(vectors).map((r) => `  let a${s * vectors + r} = ${fromQuad[s]!}(a${r});`),
  );
}
