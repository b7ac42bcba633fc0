import type { ReactNode } from 'react';

/** The foot of a panel, always in view: where things stand, and the one primary button. */
export function FootBar({ children, actions }: { children: ReactNode; actions: ReactNode }) {
  return (
    <footer className="foot">
      <p>{children}</p>
      {actions}
    </footer>
  );
}
