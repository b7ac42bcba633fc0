import type { ReactNode } from 'react';
import type { Problem } from '../../lib/problem.ts';
import { Button } from './Button.tsx';

/** What happened, where, and what to do; read out at once. */
export function ProblemStrip({
  problem,
  onDismiss,
  action,
}: {
  problem: Problem;
  onDismiss?: () => void;
  action?: ReactNode;
}) {
  const where = placeOf(problem);
  return (
    <div className="strip bad" role="alert">
      <p className="strip-text">
        {where === '' ? null : <b className="strip-where">{where}</b>} {problem.message}{' '}
        <span className="strip-fix">{problem.fix}</span>
      </p>
      {action}
      {onDismiss === undefined ? null : (
        <Button variant="quiet" size="sm" onClick={onDismiss}>
          Dismiss
        </Button>
      )}
    </div>
  );
}

/** "tickets.csv, row 812, column summary". */
export function placeOf({ file, row, column }: Partial<Problem>): string {
  return [
    file,
    row === undefined ? undefined : `row ${row}`,
    column === undefined ? undefined : `column ${column}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}
