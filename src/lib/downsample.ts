/** Fewer points for a chart without losing its spikes: the lowest and the highest point of every bucket stay. */

/**
 * At most `limit` (≥ 4) of `points`, in their order. The first and the last point always stay; what lies between is cut
 * into equal buckets, each keeping its minimum and maximum of `valueOf`. Points whose value is not finite are passed by.
 */
export function downsample<T>(points: readonly T[], limit: number, valueOf: (point: T) => number): T[] {
  if (points.length <= limit) return [...points];
  const last = points.length - 1;
  const bucketCount = Math.floor((limit - 2) / 2);
  const kept: T[] = [points[0]!];
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const start = 1 + Math.floor((bucket * (last - 1)) / bucketCount);
    const end = 1 + Math.floor(((bucket + 1) * (last - 1)) / bucketCount);
    let lowest = -1;
    let highest = -1;
    for (let i = start; i < end; i++) {
      const value = valueOf(points[i]!);
      if (!Number.isFinite(value)) continue;
      if (lowest < 0 || value < valueOf(points[lowest]!)) lowest = i;
      if (highest < 0 || value > valueOf(points[highest]!)) highest = i;
    }
    if (lowest < 0) continue;
    kept.push(points[Math.min(lowest, highest)]!);
    if (lowest !== highest) kept.push(points[Math.max(lowest, highest)]!);
  }
  kept.push(points[last]!);
  return kept;
}
