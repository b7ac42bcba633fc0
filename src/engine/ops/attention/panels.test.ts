import { describe, expect, test } from 'vitest';
import { panelSize, panelsOf } from './panels.ts';

const sizes = { batch: 2, heads: 3, queryLength: 21, keyLength: 18 };
const limits = [1, 700, 2000, 5000, 12_000, 1e6];

describe('panels', () => {
  test('cover every row once, those with the same queries in one list', () => {
    for (const panelBytes of limits) {
      const parts = panelsOf(sizes, panelBytes);
      const rows = parts.flat().flatMap((panel) =>
        Array.from({ length: panel.batches * panel.heads * panel.queries }, (_, i) => {
          const pair = Math.floor(i / panel.queries);
          const [batch, head] = [Math.floor(pair / panel.heads), pair % panel.heads];
          const query = panel.firstQuery + (i % panel.queries);
          return ((panel.firstBatch + batch) * 3 + panel.firstHead + head) * 21 + query;
        }),
      );
      expect(rows.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2 * 3 * 21 }, (_, i) => i));
      for (const part of parts) expect(new Set(part.map(({ firstQuery }) => firstQuery)).size).toBe(1);
    }
  });

  test('keep to their size, but for 8 rows; the first is the largest', () => {
    const rowBytes = 4 * 20;
    for (const panelBytes of limits) {
      const panels = panelsOf(sizes, panelBytes).flat();
      const largest = panelSize(panels[0]!, 18);
      expect(4 * largest).toBeLessThanOrEqual(Math.max(panelBytes, 8 * rowBytes));
      for (const panel of panels) expect(panelSize(panel, 18)).toBeLessThanOrEqual(largest);
    }
  });

  test('hold whole sequences, else some heads of one, else some queries of a head', () => {
    const shapes = [1e6, 12_000, 5000, 2000, 700].map((bytes) => {
      const { batches, heads, queries } = panelsOf(sizes, bytes)[0]![0]!;
      return [batches, heads, queries];
    });
    expect(shapes).toEqual([
      [2, 3, 21],
      [2, 3, 21],
      [1, 2, 21],
      [1, 1, 21],
      [1, 1, 8],
    ]);
  });
});
