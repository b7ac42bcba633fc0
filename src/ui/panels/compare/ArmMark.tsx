import type { Arm } from '../../../eval/comparison.ts';

/** The sign of an arm: hollow or filled for untrained or trained, round or square for without or with passages. */
export function ArmMark({ arm }: { arm: Arm }) {
  const isSquare = arm === 'rag' || arm === 'tuned-rag';
  return (
    <svg className={`arm-mark arm-${arm}`} viewBox="0 0 12 12" aria-hidden="true">
      {isSquare ? <rect x="1.5" y="1.5" width="9" height="9" /> : <circle cx="6" cy="6" r="4.75" />}
    </svg>
  );
}
