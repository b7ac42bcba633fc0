import { useId, type ReactNode } from 'react';

export interface SectionProps {
  title: string;
  /** A short remark beside the title. */
  hint?: ReactNode;
  actions?: ReactNode;
  /** Explanation and small facts, in the right-hand column. */
  note?: ReactNode;
  /** The main column takes the note's place too. */
  wide?: boolean;
  children: ReactNode;
}

/** One part of a panel: the thing itself in the wide column, what helps to understand it in the narrow one. */
export function Section({ title, hint, actions, note, wide = false, children }: SectionProps) {
  const id = useId();
  return (
    <section className={wide ? 'sec wide' : 'sec'} aria-labelledby={id}>
      <div className="main">
        <header>
          <h2 id={id}>{title}</h2>
          {hint === undefined ? null : <p>{hint}</p>}
          {actions === undefined ? null : <div className="acts">{actions}</div>}
        </header>
        {children}
      </div>
      {note === undefined ? null : <aside className="note">{note}</aside>}
    </section>
  );
}
