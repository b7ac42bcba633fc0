/** Gathers step metrics and hands them on at most about ten times a second, so that messages never pile up. */
import type { StepMetrics } from '../training/metrics.ts';

const MIN_INTERVAL_MS = 100;

export interface StepReporter {
  add(metrics: StepMetrics): void;
  /** Hands on what is left. */
  flush(): void;
}

/** `now` in milliseconds; `send` gets one or more steps in order. */
export function makeStepReporter(
  send: (steps: readonly StepMetrics[]) => void,
  now: () => number = () => performance.now(),
): StepReporter {
  let waiting: StepMetrics[] = [];
  let sentAt = -Infinity;
  const flush = (): void => {
    if (waiting.length === 0) return;
    send(waiting);
    waiting = [];
    sentAt = now();
  };
  return {
    add: (metrics) => {
      waiting.push(metrics);
      if (now() - sentAt >= MIN_INTERVAL_MS) flush();
    },
    flush,
  };
}
