import { useEffect, useRef, useState } from 'react';

/** How often the curves of a live run are drawn anew; the figures beside them follow every step. */
export const DRAW_EVERY_MS = 700;

/** The value as it was at most `intervalMs` ago: for drawing that costs more than the value changes deserve. */
export function useThrottled<T>(value: T, intervalMs: number): T {
  const [shown, setShown] = useState(value);
  const shownAt = useRef(-Infinity);
  useEffect(() => {
    if (Object.is(shown, value)) return undefined;
    const wait = Math.max(0, shownAt.current + intervalMs - performance.now());
    const timer = setTimeout(() => {
      shownAt.current = performance.now();
      setShown(value);
    }, wait);
    return () => {
      clearTimeout(timer);
    };
  }, [value, shown, intervalMs]);
  return shown;
}
