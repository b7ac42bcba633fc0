/**
 * Which scores are computed at a time. A panel's scores lie one after the other, by batch, head and query; each row of keys
 * is padded to a multiple of 4.
 */
import type { ReductionStyle } from '../../runtime.ts';
import type { AttentionOptions } from './attention.ts';

/**
 * Most bytes of one panel; two lie side by side in the backward pass. A processor keeps a small one in its cache; a GPU needs
 * more work at once, and each panel costs three dispatches forward and six backward.
 */
export const PANEL_BYTES: Record<ReductionStyle, number> = {
  invocation: 4 * 2 ** 20,
  workgroup: 16 * 2 ** 20,
  subgroup: 16 * 2 ** 20,
};

/** Some heads of some sequences, or all of them: of these, a range of queries, and all keys. */
export interface Panel {
  readonly firstBatch: number;
  readonly batches: number;
  readonly firstHead: number;
  readonly heads: number;
  readonly firstQuery: number;
  readonly queries: number;
}

type Sizes = Pick<AttentionOptions, 'batch' | 'heads' | 'queryLength' | 'keyLength'>;

/** Floats from one row of a panel to the next. */
export function panelRow(keyLength: number): number {
  return Math.ceil(keyLength / 4) * 4;
}

/** The panels of an attention, those with the same queries in one list. */
export function panelsOf(sizes: Sizes, panelBytes: number): Panel[][] {
  const { batch, heads, queryLength, keyLength } = sizes;
  const rowBytes = 4 * panelRow(keyLength);
  const mostRows = Math.floor(panelBytes / rowBytes);
  const mostQueries = queryLength <= mostRows ? queryLength : Math.max(8, Math.floor(mostRows / 8) * 8);
  return ranges(queryLength, mostQueries).map(([firstQuery, queries]) => {
    const mostHeads = Math.max(1, Math.floor(mostRows / queries));
    const headRanges = ranges(heads, Math.min(heads, mostHeads));
    const batchRanges = ranges(batch, Math.max(1, Math.floor(mostHeads / heads)));
    return batchRanges.flatMap(([firstBatch, batches]) =>
      headRanges.map(([firstHead, count]) => ({
        firstBatch,
        batches,
        firstHead,
        heads: count,
        firstQuery,
        queries,
      })),
    );
  });
}

/** [first, count] of pieces of at most `most`. */
function ranges(count: number, most: number): [first: number, count: number][] {
  return Array.from({ length: Math.ceil(count / most) }, (_, i) => [
    i * most,
    Math.min(most, count - i * most),
  ]);
}

/** Floats in a panel. */
export function panelSize({ batches, heads, queries }: Panel, keyLength: number): number {
  return batches * heads * queries * panelRow(keyLength);
}
