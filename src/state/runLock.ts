/** One lock per run: a run trains in one tab at a time. */
import { ProblemError } from '../lib/problem.ts';

/** Does work under a run's lock. Throws a ProblemError where another tab has it. */
export async function withRunLock(runId: string, work: () => Promise<void>): Promise<void> {
  await navigator.locks.request(lockName(runId), { ifAvailable: true }, async (lock) => {
    if (lock === null) {
      throw new ProblemError({
        code: 'run-elsewhere',
        message: 'This run is training in another tab.',
        fix: 'Go on there, or close that tab first.',
      });
    }
    await work();
  });
}

/** Ids of runs that train in any tab now. */
export async function trainingRunIds(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name = '' }) => name.replace(/^graft-run-/, '')));
}

const lockName = (runId: string): string => `graft-run-${runId}`;
