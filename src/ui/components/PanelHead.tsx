import type { ReactNode } from 'react';

/** The head of a stop: its name, one sentence, and what can be done at once. */
export function PanelHead({
  title,
  children,
  actions,
}: {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className="head">
      <div>
        <h1 tabIndex={-1}>{title}</h1>
        {children === undefined ? null : <p>{children}</p>}
      </div>
      {actions === undefined ? null : <div className="acts">{actions}</div>}
    </header>
  );
}
