import type { Job, Progress } from '../lib/progress.ts';

/**
 * Lets long synchronous work breathe: the event loop gets a turn, progress is told, and a cancelled job stops.
 * The pauses depend on the clock, the results never do.
 */
export interface Pace {
  /** Whether enough time has passed that the loop should `pause`. Cheap, yet not meant for every character. */
  isDue(): boolean;
  /** Reports `done` units, lets other events run, and throws the signal's reason when the job was cancelled. */
  pause(done: number): Promise<void>;
  /** Reports the end. */
  finish(done: number): void;
}

/** Time between two turns of the event loop: short enough for a smooth page, long enough to cost nothing. */
const WORK_MS = 30;

/** A pace for one phase of a job; throws at once when the job is already cancelled. */
export function makePace(
  job: Job | undefined,
  phase: string,
  unit: Progress['unit'],
  total: number | undefined,
): Pace {
  let lastPauseMs = performance.now();
  const report = (done: number): void => {
    job?.onProgress?.({ phase, unit, done, ...(total === undefined ? {} : { total }) });
  };
  job?.signal?.throwIfAborted();
  report(0);
  return {
    isDue: () => performance.now() - lastPauseMs >= WORK_MS,
    pause: async (done) => {
      report(done);
      await new Promise<void>((resolve) => {
        setTimeout(resolve, 0);
      });
      job?.signal?.throwIfAborted();
      lastPauseMs = performance.now();
    },
    finish: report,
  };
}
