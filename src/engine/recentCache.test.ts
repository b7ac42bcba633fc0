import { expect, test } from 'vitest';
import { RecentCache } from './recentCache.ts';

test('what is used stays, however many others come by; what is not used goes', () => {
  const cache = new RecentCache<number>(10);
  cache.set('used', 1);
  cache.set('unused', 2);
  for (let i = 0; i < 1000; i++) {
    cache.set(`other ${i}`, i);
    expect(cache.get('used')).toBe(1);
  }
  expect(cache.get('unused')).toBeUndefined();
  for (let i = 990; i < 1000; i++) expect(cache.get(`other ${i}`)).toBe(i);
  cache.clear();
  expect(cache.get('used')).toBeUndefined();
});
