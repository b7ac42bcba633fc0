/**
 * Learning rate over optimizer steps, equal to transformers.get_scheduler for `linear`, `cosine` and
 * `constant_with_warmup`. Pure, so that the page draws the very curve that training follows.
 * Reference: transformers/optimization.py.
 */
export type Schedule = 'linear' | 'cosine' | 'constant';

export interface ScheduleOptions {
  readonly schedule: Schedule;
  /** Highest rate. */
  readonly learningRate: number;
  /** Steps over which the rate rises from 0. */
  readonly warmupSteps: number;
  /** Steps of the whole run. */
  readonly totalSteps: number;
}

/** Rate used in a step, counted from 0: the first step of a run with warmup uses rate 0, as in transformers. */
export function learningRateAt(step: number, options: ScheduleOptions): number {
  return options.learningRate * scheduleFactor(step, options);
}

function scheduleFactor(step: number, { schedule, warmupSteps, totalSteps }: ScheduleOptions): number {
  if (step < warmupSteps) return step / Math.max(1, warmupSteps);
  const decaySteps = Math.max(1, totalSteps - warmupSteps);
  if (schedule === 'linear') return Math.max(0, (totalSteps - step) / decaySteps);
  if (schedule === 'cosine') {
    return Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (step - warmupSteps)) / decaySteps)));
  }
  return 1;
}
