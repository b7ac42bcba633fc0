/**
 * The kernel for GPUs: a workgroup of 16x16 invocations computes a block of C, fetching stretches of A and B, 16 deep, into
 * workgroup memory once for all of them. Invocation (x, y) owns neighbouring rows and every 16th vector of columns, and
 * rows of B are spread accordingly, so that neighbours read neighbouring words. In halves, workgroup memory holds 16 bits a
 * value, and products and sums of four are made in 16 bits, all further sums in 32.
 */
import { fourValues } from '../packedMatrix/packedLoads.wgsl.ts';
import { storeTile } from './directMatmul.wgsl.ts';
import { batchOffsets, vectorBindings } from './frame.wgsl.ts';
import { range, type MatmulKind, type Tile } from './matmulForm.ts';
import { lowRankSource, vectorProducts } from './vectorProducts.wgsl.ts';

/** Invocations of a workgroup, down and across. */
export const sharedSide = 16;

const invocations = sharedSide * sharedSide;
const depth = 16;
const vectors = depth / 4;

/** Type of four values in workgroup memory. */
type Vector = 'vec4<f32>' | 'vec4<f16>';

/** Strides and offsets as for `directCode`; both tile sides multiples of 4. In halves only with `shader-f16`. */
export function sharedCode(kind: MatmulKind, tile: Tile, inHalves = false): string {
  const vector: Vector = inHalves ? 'vec4<f16>' : 'vec4<f32>';
  const [tileRows, tileColumns] = tile;
  const { form, store, epilogue } = kind;
  const [blockRows, blockColumns] = [tileRows * sharedSide, tileColumns * sharedSide];
  const columnVector = (c: number): string => `(firstVector + ${c * sharedSide}u + local.x)`;
  const registers = range(tileRows).flatMap((r) =>
    range(tileColumns / 4).map((c) => `var c${r}_${c} = vec4<f32>(0.0);`),
  );
  const lines = [
    'let batch = group.z;',
    ...batchOffsets,
    `let firstRow = group.y * ${blockRows}u;`,
    `let firstVector = group.x * ${blockColumns / 4}u;`,
    `let row = firstRow + local.y * ${tileRows}u;`,
    ...registers,
    `for (var k0 = 0u; k0 < u.K; k0 += ${depth}u) {`,
    ...(form === 'TN'
      ? fetchDeep('A', blockRows, 'firstRow / 4u', 'u.M / 4u', vector)
      : fetchLong('A', blockRows, vector)),
    ...(form === 'NT'
      ? fetchLong('B', blockColumns, vector, store)
      : fetchDeep('B', blockColumns, 'firstVector', 'u.N / 4u', vector, store)),
    '  workgroupBarrier();',
    ...(inHalves ? multiplyHalves(form, tile) : multiply(form, tile)).map((line) => `  ${line}`),
    '  workgroupBarrier();',
    '}',
    ...(epilogue.low ? vectorProducts(lowRankSource(form), tile, columnVector) : []),
    ...storeTile(tile, columnVector),
  ];
  return `${inHalves ? 'enable f16;\n' : ''}${vectorBindings(kind)}
var<workgroup> tileA: array<${vector}, ${(blockRows * depth) / 4}>;
var<workgroup> tileB: array<${vector}, ${(blockColumns * depth) / 4}>;
@compute @workgroup_size(${sharedSide}, ${sharedSide})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  ${lines.join('\n  ')}
}`;
}

/** A stretch of a matrix stored along K: [vectors of K][rows], the rows of B spread over the invocations that use them. */
function fetchLong(
  name: 'A' | 'B',
  blockRows: number,
  vector: Vector,
  store: MatmulKind['store'] = 'f32',
): string[] {
  const isA = name === 'A';
  const [first, last, stride] = isA ? ['firstRow', 'u.M', 'u.aRow'] : ['firstVector * 4u', 'u.N', 'u.bRow'];
  // Row 4·x + j of every 64 goes to place 16·j + x.
  const place = isA ? 'r' : `(r / 64u) * 64u + (r % 4u) * 16u + (r % 64u) / 4u`;
  const base = isA ? 'aBase' : 'bBase';
  const scale = store === 'i8' ? ` * bitcast<f32>(${name}[start + ${stride} - 1u])` : '';
  return [
    `  for (var e = lane; e < ${blockRows * vectors}u; e += ${invocations}u) {`,
    `    let r = e / ${vectors}u;`,
    `    let v = e % ${vectors}u;`,
    `    let start = ${base} + min(${first} + r, ${last} - 1u) * ${stride};`,
    '    var value = vec4<f32>(0.0);',
    `    if (k0 / 4u + v < u.K / 4u) { value = ${fourValues(store, `${name}[start + k0 / 4u + v]`)}${scale}; }`,
    `    tile${name}[v * ${blockRows}u + ${place}] = ${vector}(value);`,
    '  }',
  ];
}

/** A stretch of a matrix stored across K: [K][vectors of its rows or columns]. */
function fetchDeep(
  name: 'A' | 'B',
  blockColumns: number,
  first: string,
  count: string,
  vector: Vector,
  store: MatmulKind['store'] = 'f32',
): string[] {
  const width = blockColumns / 4;
  const [base, stride] = name === 'A' ? ['aBase', 'u.aRow'] : ['bBase', 'u.bRow'];
  const scale = store === 'i8' ? ` * bitcast<f32>(${name}[start + ${stride} - 1u])` : '';
  return [
    `  for (var e = lane; e < ${width * depth}u; e += ${invocations}u) {`,
    `    let k = k0 + e / ${width}u;`,
    `    let v = min(${first} + e % ${width}u, ${count} - 1u);`,
    '    var value = vec4<f32>(0.0);',
    '    if (k < u.K) {',
    `      let start = ${base} + k * ${stride};`,
    `      value = ${fourValues(store, `${name}[start + v]`)}${scale};`,
    '    }',
    `    tile${name}[e] = ${vector}(value);`,
    '  }',
  ];
}

/** Products of the stretches in workgroup memory. */
function multiply(form: MatmulKind['form'], [tileRows, tileColumns]: Tile): string[] {
  const rows = range(tileRows);
  const columns = range(tileColumns / 4);
  const blockRows = tileRows * sharedSide;
  const blockColumns = tileColumns * sharedSide;
  const across = (k: string, c: number): string =>
    `tileB[(${k}) * ${blockColumns / 4}u + ${c * sharedSide}u + local.x]`;
  if (form === 'TN') {
    return [
      `for (var k = 0u; k < ${depth}u; k++) {`,
      ...range(tileRows / 4).map(
        (r) => `  let a${r} = tileA[k * ${blockRows / 4}u + local.y * ${tileRows / 4}u + ${r}u];`,
      ),
      ...columns.map((c) => `  let b${c} = ${across('k', c)};`),
      ...rows.flatMap((r) => columns.map((c) => `  c${r}_${c} += a${r >> 2}.${'xyzw'[r & 3]} * b${c};`)),
      '}',
    ];
  }
  const loadRows = rows.map(
    (r) => `  let a${r} = tileA[v * ${blockRows}u + local.y * ${tileRows}u + ${r}u];`,
  );
  const products =
    form === 'NN'
      ? range(4).flatMap((kk) => [
          ...columns.map((c) => `  let b${kk}_${c} = ${across(`v * 4u + ${kk}u`, c)};`),
          ...rows.flatMap((r) => columns.map((c) => `  c${r}_${c} += a${r}.${'xyzw'[kk]} * b${kk}_${c};`)),
        ])
      : columns.flatMap((c) => [
          ...range(4).map(
            (j) => `  let b${c * 4 + j} = tileB[v * ${blockColumns}u + ${c * 64 + j * 16}u + local.x];`,
          ),
          ...rows.map((r) => {
            const dots = range(4).map((j) => `dot(a${r}, b${c * 4 + j})`);
            return `  c${r}_${c} += vec4<f32>(${dots.join(', ')});`;
          }),
        ]);
  return [`for (var v = 0u; v < ${vectors}u; v++) {`, ...loadRows, ...products, '}'];
}

/** The same in halves: four terms are summed in 16 bits before they join the sum in 32. */
function multiplyHalves(form: MatmulKind['form'], [tileRows, tileColumns]: Tile): string[] {
  const rows = range(tileRows);
  const columns = range(tileColumns / 4);
  const blockRows = tileRows * sharedSide;
  const blockColumns = tileColumns * sharedSide;
  if (form === 'NT') {
    return [
      `for (var v = 0u; v < ${vectors}u; v++) {`,
      ...rows.map((r) => `  let a${r} = tileA[v * ${blockRows}u + local.y * ${tileRows}u + ${r}u];`),
      ...columns.flatMap((c) => [
        ...range(4).map(
          (j) => `  let b${c * 4 + j} = tileB[v * ${blockColumns}u + ${c * 64 + j * 16}u + local.x];`,
        ),
        ...rows.map((r) => {
          const dots = range(4).map((j) => `dot(a${r}, b${c * 4 + j})`);
          return `  c${r}_${c} += vec4<f32>(vec4<f16>(${dots.join(', ')}));`;
        }),
      ]),
      '}',
    ];
  }
  const leftOf = (r: number, kk: number): string =>
    form === 'NN' ? `a${r}.${'xyzw'[kk]!}` : `a${kk}_${r >> 2}.${'xyzw'[r & 3]!}`;
  const loadLeft =
    form === 'NN'
      ? rows.map((r) => `  let a${r} = tileA[v * ${blockRows}u + local.y * ${tileRows}u + ${r}u];`)
      : range(4).flatMap((kk) =>
          range(tileRows / 4).map(
            (r) =>
              `  let a${kk}_${r} = tileA[(v * 4u + ${kk}u) * ${blockRows / 4}u + local.y * ${tileRows / 4}u + ${r}u];`,
          ),
        );
  return [
    `for (var v = 0u; v < ${vectors}u; v++) {`,
    ...loadLeft,
    ...range(4).flatMap((kk) =>
      columns.map(
        (c) =>
          `  let b${kk}_${c} = tileB[(v * 4u + ${kk}u) * ${blockColumns / 4}u + ${c * sharedSide}u + local.x];`,
      ),
    ),
    ...rows.flatMap((r) =>
      columns.map((c) => {
        const terms = range(4).map((kk) => `${leftOf(r, kk)} * b${kk}_${c}`);
        return `  c${r}_${c} += vec4<f32>(${terms.join(' + ')});`;
      }),
    ),
    '}',
  ];
}
