import { useEffect, useRef } from 'react';

/**
 * Goes to the top when another screen is shown, where a person and a screen reader begin to read: `screen` names it. The first
 * one does not take the focus.
 */
export function useTopOfScreen(screen: string): void {
  const hasMounted = useRef(false);
  useEffect(() => {
    window.scrollTo(0, 0);
    if (hasMounted.current) document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
    hasMounted.current = true;
  }, [screen]);
}
