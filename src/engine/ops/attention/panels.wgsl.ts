/**
 * Attention by panels: the scores of a panel (some heads, or some queries of
 * one head) lie in a small buffer between kernels that keep 8x8 tiles of their result in registers, as the matmul does.
 * All matrices are read in vec4; rows of a panel are padded to 4 keys, and the padding holds zeros where it is summed.
 */
import { dropoutWgsl } from '../dropout/dropoutHash.ts';
import { range } from '../linear/matmulForm.ts';
import type { ReductionStyle } from '../../runtime.ts';
import { declareBindings, rowKernel, type Bindings } from '../wgsl.ts';
import { scoreFunctions, variantReads, type AttentionVariant } from './attentionTerms.wgsl.ts';

/** Uniforms of all panel kernels. Pairs are (batch, head); vectors count vec4. */
export const panelUniforms = {
  u32: [
    'heads',
    'queries',
    'keys',
    'headVectors',
    'widthVectors',
    'keyVectors',
    'firstPair',
    'pairs',
    'firstQuery',
    'panelQueries',
    'salt',
    'threshold',
  ],
  f32: ['scale'],
} as const;

/** Tiles of a workgroup. */
export const groupTiles = 64;
/** Columns of a register tile, and rows where these are keys. */
export const tileColumns = 8;

/**
 * One invocation per tile of each pair's result, packed densely: an emulated GPU computes idle invocations too.
 * `rows` and `columns` say how many tiles there are, in WGSL. The body finds its tile by `rowTile`, `columnTile`, `panelPair`.
 */
export function tileKernel(
  { writes, reads }: Pick<Bindings, 'writes' | 'reads'>,
  tiles: { rows: string; columns: string },
  lines: readonly string[],
  functions = '',
): string {
  return `${declareBindings({ writes, reads, ...panelUniforms })}${functions}
@compute @workgroup_size(${groupTiles})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let tile = id.x + id.y * groups.x * ${groupTiles}u;
  let columnTiles = ${tiles.columns};
  let rowTiles = ${tiles.rows};
  let columnTile = tile % columnTiles;
  let rowTile = tile / columnTiles % rowTiles;
  let panelPair = tile / columnTiles / rowTiles;
  if (panelPair >= u.pairs) { return; }
  let pair = u.firstPair + panelPair;
  let batch = pair / u.heads;
  let head = pair % u.heads;
  ${lines.join('\n  ')}
}`;
}

/** How many tiles of `tileRows` queries a panel has. */
export function queryTiles(tileRows: number): string {
  return `(u.panelQueries + ${tileRows - 1}u) / ${tileRows}u`;
}

export const keyTiles = '(u.keyVectors + 1u) / 2u';
export const headTiles = '(u.headVectors + 1u) / 2u';

/** Tile `acc` += left rows · right rows, both along the head's vectors: scores and their gradients. */
function dotTile(acc: string, left: string, right: string, rows: readonly number[]): string[] {
  return [
    ...rows.flatMap((r) => [0, 1].map((c) => `var ${acc}${r}_${c} = vec4<f32>(0.0);`)),
    'for (var k = 0u; k < u.headVectors; k++) {',
    ...rows.map((r) => `  let a${r} = ${left}[queryAt${r} + k];`),
    ...[0, 1].flatMap((c) => [
      ...range(4).map((j) => `  let b${c * 4 + j} = ${right}[keyAt${c * 4 + j} + k];`),
      ...rows.map((r) => {
        const products = range(4).map((j) => `dot(a${r}, b${c * 4 + j})`);
        return `  ${acc}${r}_${c} += vec4<f32>(${products.join(', ')});`;
      }),
    ]),
    '}',
  ];
}

/** Where the rows of a scores tile lie; what is beyond an edge is clamped and computed for nothing. */
function scoreTileStart(rows: readonly number[]): string[] {
  return [
    `let row = rowTile * ${rows.length}u;`,
    `let column = columnTile * ${tileColumns}u;`,
    ...rows.map((r) => `let query${r} = u.firstQuery + min(row + ${r}u, u.panelQueries - 1u);`),
    ...rows.map(
      (r) => `let queryAt${r} = (batch * u.queries + query${r}) * u.widthVectors + head * u.headVectors;`,
    ),
    ...range(tileColumns).map((j) => `let key${j} = min(column + ${j}u, u.keys - 1u);`),
    ...range(tileColumns).map(
      (j) => `let keyAt${j} = (batch * u.keys + key${j}) * u.widthVectors + head * u.headVectors;`,
    ),
  ];
}

/** Turns the tile's products into scores with bias and masks. */
function finishTile(rows: readonly number[]): string[] {
  return [0, 1].flatMap((c) => [
    `let hidden${c} = hiddenKeys(batch, column + ${4 * c}u);`,
    ...rows.map(
      (r) => `s${r}_${c} = finishScores(s${r}_${c}, hidden${c}, head, query${r}, column + ${4 * c}u);`,
    ),
  ]);
}

/** panel = query·keyᵀ + bias, hidden where the masks say so. */
export function scoresCode(variant: AttentionVariant, tileRows: number): string {
  const rows = range(tileRows);
  return tileKernel(
    {
      writes: { panel: 'vec4<f32>' },
      reads: { query: 'vec4<f32>', key: 'vec4<f32>', ...variantReads(variant) },
    },
    { rows: queryTiles(tileRows), columns: keyTiles },
    [
      ...scoreTileStart(rows),
      ...dotTile('s', 'query', 'key', rows),
      ...finishTile(rows),
      ...rows.map((r) => {
        const stores = [0, 1].map(
          (c) => `if (vector + ${c}u < u.keyVectors) { panel[at + ${c}u] = s${r}_${c}; }`,
        );
        return `if (row + ${r}u < u.panelQueries) {
    let vector = column / 4u;
    let at = (panelPair * u.panelQueries + row + ${r}u) * u.keyVectors + vector;
    ${stores.join('\n    ')}
  }`;
      }),
    ],
    scoreFunctions(variant),
  );
}

const unmasked: AttentionVariant = { bias: null, mask: null, causal: false, hasDropout: false };

/** Rows of the panel become probabilities, dropped ones zero; (highest score, 1/Σ) of each row goes to `sums`. */
export function softmaxCode(style: ReductionStyle, hasDropout: boolean): string {
  const dropped = hasDropout
    ? `* vec4<f32>(${range(4)
        .map((j) => `dropoutScale(first + 4u * i + ${j}u, u.salt, u.threshold, u.scale)`)
        .join(', ')})`
    : '';
  return rowKernel(
    style,
    {
      writes: { panel: 'vec4<f32>', sums: 'vec2<f32>' },
      reads: {},
      u32: ['rows', ...panelUniforms.u32],
      f32: panelUniforms.f32,
    },
    `let start = row * u.keyVectors;
  let sumAt = (u.firstPair + row / u.panelQueries) * u.queries + u.firstQuery + row % u.panelQueries;
  let first = sumAt * u.keys;
  var highest4 = vec4<f32>(lowest);
  for (var i = lane; i < u.keyVectors; i += LANES) {
    highest4 = max(highest4, select(vec4<f32>(lowest), panel[start + i], areKeys(4u * i)));
  }
  let highest = reduceMax(max(max(highest4.x, highest4.y), max(highest4.z, highest4.w)), lane);
  var sum4 = vec4<f32>(0.0);
  for (var i = lane; i < u.keyVectors; i += LANES) {
    let e = select(vec4<f32>(0.0), exp(panel[start + i] - highest), areKeys(4u * i));
    panel[start + i] = e;
    sum4 += e;
  }
  let inverse = 1.0 / reduceSum(sum4.x + sum4.y + sum4.z + sum4.w, lane);
  if (lane == 0u) { sums[sumAt] = vec2<f32>(highest, inverse); }
  for (var i = lane; i < u.keyVectors; i += LANES) { panel[start + i] *= inverse${dropped === '' ? '' : ` ${dropped}`}; }`,
    scoreFunctions(unmasked) + dropoutWgsl,
  );
}

/**
 * Two panels of the backward pass, from query, key, value and the gradient of the context: first the dropped probabilities
 * m·p, then the gradients of the scores p·(m·(dcontext·valueᵀ) - delta). `rows` holds (highest, 1/Σ, delta) of each row.
 */
export function scoreGradientsCode(variant: AttentionVariant, tileRows: number): string {
  const rows = range(tileRows);
  const multipliers = range(4).map((j) => `dropoutScale(first + ${j}u, u.salt, u.threshold, u.scale)`);
  const tile = (r: number, c: number): string => `if (vector + ${c}u < u.keyVectors) {
      let first = (pair * u.queries + query${r}) * u.keys + column + ${4 * c}u;
      
      let p = select(vec4<f32>(0.0), exp(s${r}_${c} - stats.x) * stats.y, areKeys(column + ${4 * c}u));
      ${variant.hasDropout ? `let m = vec4<f32>(${multipliers.join(', ')});` : ''}
      panels[at + ${c}u] = ${variant.hasDropout ? 'p * m' : 'p'};
      panels[u.pairs * u.panelQueries * u.keyVectors + at + ${c}u] = p * (${variant.hasDropout ? 'm * ' : ''}d${r}_${c} - stats.z);
    }`;
  return tileKernel(
    {
      writes: { panels: 'vec4<f32>' },
      reads: {
        query: 'vec4<f32>',
        key: 'vec4<f32>',
        value: 'vec4<f32>',
        dcontext: 'vec4<f32>',
        rows: 'vec4<f32>',
        ...variantReads(variant),
      },
    },
    { rows: queryTiles(tileRows), columns: keyTiles },
    [
      ...scoreTileStart(rows),
      ...dotTile('s', 'query', 'key', rows),
      ...finishTile(rows),
      ...dotTile('d', 'dcontext', 'value', rows),
      ...rows.map(
        (r) => `if (row + ${r}u < u.panelQueries) {
    let vector = column / 4u;
    let at = (panelPair * u.panelQueries + row + ${r}u) * u.keyVectors + vector;
    let stats = rows[pair * u.queries + query${r}];
    ${[0, 1].map((c) => tile(r, c)).join('\n    ')}
  }`,
      ),
    ],
    dropoutWgsl + scoreFunctions(variant),
  );
}

/** dbias[head, query, key] += Σ over the panel's pairs of that head, in order, of the second panel. */
export function biasGradientCode(): string {
  return `${declareBindings({
    writes: { dbias: 'f32' },
    reads: { panels: 'f32' },
    u32: ['count', ...panelUniforms.u32],
    f32: panelUniforms.f32,
  })}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= u.count) { return; }
  let key = i % u.keys;
  let query = i / u.keys % u.panelQueries;
  let head = i / u.keys / u.panelQueries;
  let size = u.panelQueries * u.keyVectors * 4u;
  var sum = 0.0;
  for (var pair = (head + u.heads - u.firstPair % u.heads) % u.heads; pair < u.pairs; pair += u.heads) {
    sum += panels[(u.pairs + pair) * size + query * u.keyVectors * 4u + key];
  }
  dbias[(head * u.queries + u.firstQuery + query) * u.keys + key] += sum;
}`;
}
