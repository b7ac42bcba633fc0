import type { ReactNode } from 'react';

/** Terms and values in two columns. */
export function SpecList({ items }: { items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="spec">
      {items.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
