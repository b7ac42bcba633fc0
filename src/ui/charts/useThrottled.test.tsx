// @vitest-environment jsdom
import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useThrottled } from './useThrottled.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it('lets through one change an interval, and the last one always', () => {
  const seen: number[] = [];
  const { rerender } = renderHook(
    ({ value }) => {
      const shown = useThrottled(value, 500);
      if (seen.at(-1) !== shown) seen.push(shown);
    },
    { initialProps: { value: 0 } },
  );
  for (let value = 1; value <= 20; value++) {
    rerender({ value });
    act(() => {
      vi.advanceTimersByTime(100);
    });
  }
  act(() => {
    vi.advanceTimersByTime(500);
  });
  expect(seen[0]).toBe(0);
  expect(seen.at(-1)).toBe(20);
  // 2.5 seconds of changes: the first at once, then one every half second.
  expect(seen.length).toBeGreaterThanOrEqual(5);
  expect(seen.length).toBeLessThanOrEqual(7);
});
