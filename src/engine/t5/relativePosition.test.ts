import { expect, test } from 'vitest';
import { goldenConfig } from '../../test/golden/goldenConfig.ts';
import { goldenJson } from '../../test/golden/goldenJson.ts';
import { positionBuckets, relativePositionBucket } from './relativePosition.ts';

interface BucketCase {
  buckets: number;
  maxDistance: number;
  bidirectional: boolean;
  first: number;
  values: number[];
}

test.each(goldenJson('buckets.json') as BucketCase[])(
  'buckets of transformers for distances -600 to 600: $buckets buckets, up to $maxDistance, both ways: $bidirectional',
  ({ buckets, maxDistance, bidirectional, first, values }) => {
    const found = values.map((_, i) =>
      relativePositionBucket(first + i, bidirectional, buckets, maxDistance),
    );
    expect(found).toEqual(values);
  },
);

test('a table holds key minus query, row by query', () => {
  const config = goldenConfig({ relativeAttentionNumBuckets: 8, relativeAttentionMaxDistance: 10 });
  const table = positionBuckets(config, true, 2, 3);
  const expected = [0, 1, 2, -1, 0, 1].map((distance) => relativePositionBucket(distance, true, 8, 10));
  expect([...table]).toEqual(expected);
  expect(positionBuckets(config, true, 2, 3)).toBe(table);
  expect(positionBuckets(config, false, 2, 3)).not.toEqual(table);
});
