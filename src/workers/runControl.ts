/** Pause, resume and end of the live run: flags that the training loop looks at between steps. */
import { AbortedError } from './rpc.ts';
import type { RunControl } from './runTraining.ts';

export interface SteeredRun extends RunControl {
  runId: string;
  pause(): void;
  resume(): void;
  /** Ends the run after its current step, also out of a pause. */
  end(): void;
}

/** Control of one run, not paused. */
export function makeRunControl(runId: string): SteeredRun {
  const controller = new AbortController();
  let release: (() => void) | undefined;
  let gate: Promise<void> | undefined;
  const resume = (): void => {
    release?.();
    release = undefined;
    gate = undefined;
  };
  return {
    runId,
    stop: controller.signal,
    whenRunning: () => gate ?? Promise.resolve(),
    pause: () => {
      gate ??= new Promise((resolve) => {
        release = resolve;
      });
    },
    resume,
    end: () => {
      controller.abort(new AbortedError());
      resume();
    },
  };
}
