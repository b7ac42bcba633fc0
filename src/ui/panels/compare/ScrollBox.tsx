import type { ReactNode } from 'react';

interface ScrollBoxProps {
  /** What is inside, for those who come by keyboard. */
  label: string;
  className: string;
  children: ReactNode;
}

/** A box that scrolls by itself, reachable with the keyboard so that its end can be read without a mouse. */
export function ScrollBox({ label, className, children }: ScrollBoxProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling box must take focus (WCAG 2.1.1)
    <section className={className} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
