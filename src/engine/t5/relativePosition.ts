/**
 * T5's relative position buckets: near distances have a bucket each, far ones share buckets on a logarithmic scale.
 * Reference: arXiv:1910.10683 §2.1 and `T5Attention._relative_position_bucket` in transformers, in 32-bit floats as there.
 */
import type { T5Config } from './config.ts';

/** Bucket of a distance `key position - query position`. In the decoder (not bidirectional) later keys share bucket 0. */
export function relativePositionBucket(
  distance: number,
  isBidirectional: boolean,
  bucketCount: number,
  maxDistance: number,
): number {
  const buckets = isBidirectional ? Math.floor(bucketCount / 2) : bucketCount;
  const offset = isBidirectional && distance > 0 ? buckets : 0;
  const span = isBidirectional ? Math.abs(distance) : Math.max(-distance, 0);
  const exact = Math.floor(buckets / 2);
  if (span < exact) return offset + span;
  const scale = Math.fround(Math.log(maxDistance / exact));
  const logarithm = Math.fround(Math.log(Math.fround(span / exact)));
  const far = Math.fround(Math.fround(logarithm / scale) * (buckets - exact));
  return offset + Math.min(exact + Math.trunc(far), buckets - 1);
}

/** Buckets of all pairs of positions, row by query: [Q·S]. */
export function positionBuckets(
  config: T5Config,
  isBidirectional: boolean,
  queryLength: number,
  keyLength: number,
): Int32Array {
  const key = [
    config.relativeAttentionNumBuckets,
    config.relativeAttentionMaxDistance,
    isBidirectional,
    queryLength,
    keyLength,
  ].join();
  const known = cache.get(key);
  if (known !== undefined) return known;
  const byDistance = new Map<number, number>();
  const buckets = new Int32Array(queryLength * keyLength);
  for (let q = 0; q < queryLength; q++) {
    for (let s = 0; s < keyLength; s++) {
      let bucket = byDistance.get(s - q);
      if (bucket === undefined) {
        bucket = relativePositionBucket(
          s - q,
          isBidirectional,
          config.relativeAttentionNumBuckets,
          config.relativeAttentionMaxDistance,
        );
        byDistance.set(s - q, bucket);
      }
      buckets[q * keyLength + s] = bucket;
    }
  }
  if (cache.size >= MAX_CACHED_TABLES) cache.clear();
  cache.set(key, buckets);
  return buckets;
}

/** Batches come in few shapes; plain arrays are cached, never tensors, so that nothing outlives a lost device. */
const MAX_CACHED_TABLES = 64;
const cache = new Map<string, Int32Array>();
