/** Products of a panel, or its transpose, and rows of values, keys or queries: 8x8 tiles in registers (see panels.wgsl.ts). */
import { range } from '../linear/matmulForm.ts';
import { headTiles, keyTiles, queryTiles, tileKernel } from './panels.wgsl.ts';

/** What a product reads: the first or the second panel of its buffer. */
export type PanelHalf = 'first' | 'second';

const halfStart: Record<PanelHalf, string> = {
  first: '0u',
  second: 'u.pairs * u.panelQueries * u.keyVectors',
};

const components = ['x', 'y', 'z', 'w'] as const;

/** The columns of four rows b0 to b3 of 8 values, so that a product sums four terms in one `dot`. */
function columnsOfFour(): string[] {
  return [0, 1].flatMap((c) =>
    components.map(
      (x) =>
        `  let t${c}${x} = vec4<f32>(${range(4)
          .map((j) => `b${j}_${c}.${x}`)
          .join(', ')});`,
    ),
  );
}

/** Four terms of each of the four values of column vector `c`. */
function fourDots(row: string, c: number): string {
  return `vec4<f32>(${components.map((x) => `dot(${row}, t${c}${x})`).join(', ')})`;
}

const productBindings = {
  writes: { into: 'vec4<f32>' },
  reads: { panel: 'vec4<f32>', right: 'vec4<f32>' },
} as const;

/** into[query] = Σ over keys of panel[query, key]·right[key]: the context, and the gradient of the query. */
export function panelTimesKeysCode(half: PanelHalf, tileRows: number): string {
  const rows = range(tileRows);
  return tileKernel(productBindings, { rows: queryTiles(tileRows), columns: headTiles }, [
    `let row = rowTile * ${tileRows}u;`,
    'let column = columnTile * 2u;', // of vec4
    `let panelStart = ${halfStart[half]} + panelPair * u.panelQueries * u.keyVectors;`,
    ...rows.map((r) => `let at${r} = panelStart + min(row + ${r}u, u.panelQueries - 1u) * u.keyVectors;`),
    'let rightStart = batch * u.keys * u.widthVectors + head * u.headVectors;',
    ...[0, 1].map((c) => `let right${c} = rightStart + min(column + ${c}u, u.headVectors - 1u);`),
    ...rows.flatMap((r) => [0, 1].map((c) => `var c${r}_${c} = vec4<f32>(0.0);`)),
    'for (var k = 0u; k < u.keyVectors; k++) {',
    ...rows.map((r) => `  let a${r} = panel[at${r} + k];`),
    ...range(4).flatMap((j) => [
      `  let key${j} = min(4u * k + ${j}u, u.keys - 1u) * u.widthVectors;`,
      ...[0, 1].map((c) => `  let b${j}_${c} = right[right${c} + key${j}];`),
    ]),
    ...columnsOfFour(),
    ...rows.flatMap((r) => [0, 1].map((c) => `  c${r}_${c} += ${fourDots(`a${r}`, c)};`)),
    '}',
    'let intoStart = (batch * u.queries + u.firstQuery + row) * u.widthVectors + head * u.headVectors + column;',
    ...rows.map((r) => {
      const stores = [0, 1].map(
        (c) =>
          `if (column + ${c}u < u.headVectors) { into[intoStart + ${r}u * u.widthVectors + ${c}u] = c${r}_${c}; }`,
      );
      return `if (row + ${r}u < u.panelQueries) { ${stores.join(' ')} }`;
    }),
  ]);
}

/** into[key] = (or, after the first queries, +=) Σ over the panel's queries of panel[query, key]·right[query]: the gradients
 *  of value and key. */
export function panelTimesQueriesCode(half: PanelHalf): string {
  const rows = range(8);
  return tileKernel(productBindings, { rows: keyTiles, columns: headTiles }, [
    'let row = rowTile * 2u;', // of vec4: 8 keys
    'let column = columnTile * 2u;',
    `let panelStart = ${halfStart[half]} + panelPair * u.panelQueries * u.keyVectors;`,
    'let at0 = panelStart + row;',
    'let at1 = panelStart + min(row + 1u, u.keyVectors - 1u);',
    'let rightStart = (batch * u.queries + u.firstQuery) * u.widthVectors + head * u.headVectors;',
    ...[0, 1].map((c) => `let right${c} = rightStart + min(column + ${c}u, u.headVectors - 1u);`),
    ...rows.flatMap((r) => [0, 1].map((c) => `var c${r}_${c} = vec4<f32>(0.0);`)),
    'let fours = u.panelQueries / 4u * 4u;',
    'for (var q = 0u; q < fours; q += 4u) {',
    ...range(4).flatMap((j) => [
      ...[0, 1].map((r) => `  let p${r}_${j} = panel[at${r} + (q + ${j}u) * u.keyVectors];`),
      ...[0, 1].map((c) => `  let b${j}_${c} = right[right${c} + (q + ${j}u) * u.widthVectors];`),
    ]),
    ...rows.map(
      (r) =>
        `  let a${r} = vec4<f32>(${range(4)
          .map((j) => `p${r >> 2}_${j}.${'xyzw'[r & 3]}`)
          .join(', ')});`,
    ),
    ...columnsOfFour(),
    ...rows.flatMap((r) => [0, 1].map((c) => `  c${r}_${c} += ${fourDots(`a${r}`, c)};`)),
    '}',
    'for (var q = fours; q < u.panelQueries; q++) {',
    ...[0, 1].map((r) => `  let a${r} = panel[at${r} + q * u.keyVectors];`),
    ...[0, 1].map((c) => `  let b${c} = right[right${c} + q * u.widthVectors];`),
    ...rows.flatMap((r) => [0, 1].map((c) => `  c${r}_${c} += a${r >> 2}.${'xyzw'[r & 3]} * b${c};`)),
    '}',
    'let intoStart = (batch * u.keys + 4u * row) * u.widthVectors + head * u.headVectors + column;',
    ...rows.map((r) => {
      const stores = [0, 1].map(
        (c) => `if (column + ${c}u < u.headVectors) {
      let i = intoStart + ${r}u * u.widthVectors + ${c}u;
      if (u.firstQuery == 0u) { into[i] = c${r}_${c}; } else { into[i] += c${r}_${c}; }
    }`,
      );
      return `if (4u * row + ${r}u < u.keys) { ${stores.join(' ')} }`;
    }),
  ]);
}
