/** How rows of logits are cut so that only a bounded part of them exists at once. Pure: the memory plan asks it too. */

/** Bytes of logits that may exist at once. */
export const LOGITS_BYTES = 32 * 2 ** 20;

/** Consecutive rows. */
export interface RowChunk {
  readonly start: number;
  readonly rows: number;
}

/** As few chunks as keep each at most `LOGITS_BYTES` (or `rowsAtOnce` rows), about equal, in multiples of 8 rows: the
 *  buffers of one chunk then serve the next. */
export function rowChunks(rowCount: number, vocabSize: number, rowsAtOnce?: number): RowChunk[] {
  const most = Math.max(1, rowsAtOnce ?? Math.max(8, Math.floor(LOGITS_BYTES / (4 * vocabSize))));
  const even = Math.ceil(rowCount / Math.ceil(rowCount / most));
  const rows = Math.min(most, Math.ceil(even / 8) * 8);
  return Array.from({ length: Math.ceil(rowCount / rows) }, (_, i) => ({
    start: i * rows,
    rows: Math.min(rows, rowCount - i * rows),
  }));
}
