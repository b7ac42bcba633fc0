/** Sorts the tokens of a batch, step by step, into answers. */

/** Token ids of one answer, without the start token and without the token that ended it. */
export interface Generated {
  readonly ids: readonly number[];
  /** Whether it ended by itself, and not at the longest output. */
  readonly isComplete: boolean;
}

/** Gets a row's ids so far whenever they changed. A beam search may change earlier ones. */
export type OnIds = (row: number, ids: readonly number[]) => void;

export interface RowCollector {
  /** Ids of one or more steps, [steps,B]; what follows a row's end is dropped. */
  add(ids: Int32Array): void;
  areComplete(): boolean;
  rows(): Generated[];
}

/** Collects `size` rows that end with any of `endIds`. */
export function collectRows(size: number, endIds: readonly number[], onIds: OnIds | undefined): RowCollector {
  const rows = Array.from({ length: size }, () => ({ ids: [] as number[], isComplete: false }));
  return {
    add(ids) {
      const changed = new Set<number>();
      for (let i = 0; i < ids.length; i++) {
        const row = rows[i % size]!;
        if (row.isComplete) continue;
        if (endIds.includes(ids[i]!)) row.isComplete = true;
        else {
          row.ids.push(ids[i]!);
          changed.add(i % size);
        }
      }
      for (const row of changed) onIds?.(row, rows[row]!.ids);
    },
    areComplete: () => rows.every(({ isComplete }) => isComplete),
    rows: () => rows,
  };
}

/** An answer as it was generated, cut before the token that ends it. */
export function endedAnswer(ids: readonly number[], endIds: readonly number[]): Generated {
  const end = ids.findIndex((id) => endIds.includes(id));
  return end < 0 ? { ids, isComplete: false } : { ids: ids.slice(0, end), isComplete: true };
}
