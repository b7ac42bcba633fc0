import type { RunPhase } from '../../../workers/protocol.ts';
import type { RunsState } from '../../../state/runs.ts';

const phases: readonly { id: RunPhase; name: string }[] = [
  { id: 'checking', name: 'Check the device' },
  { id: 'preparing', name: 'Prepare' },
  { id: 'compiling', name: 'Compile kernels' },
  { id: 'training', name: 'Train' },
  { id: 'evaluating', name: 'Validate' },
  { id: 'saving', name: 'Save' },
];

/** The phases of a run in their order; the one going on is marked, with its own count where it has one. */
export function RunPhases({ phase }: { phase: RunsState['phase'] }) {
  const now = phases.findIndex(({ id }) => id === phase?.phase);
  return (
    <ol className="run-phases" aria-label="Phases">
      {phases.map(({ id, name }, i) => (
        <li
          key={id}
          aria-current={i === now ? 'step' : undefined}
          className={i < Math.min(now, 3) ? 'phase-past' : undefined}
        >
          {name}
          {i === now && phase !== undefined && phase.total > 1 && id !== 'training'
            ? ` ${phase.done} of ${phase.total}`
            : ''}
        </li>
      ))}
    </ol>
  );
}
