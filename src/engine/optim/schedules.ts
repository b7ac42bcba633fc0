/**
 * Learning rate over optimizer steps, equal to transformers.get_scheduler for `linear`, `cosine`,
 * `constant_with_warmup` and `inverse_sqrt`. Pure, so that the page draws the very curve that training follows.
 * Reference: transformers/optimization.py.
 */
export type Schedule = 'linear' | 'cosine' | 'constant' | 'inverse_sqrt';

export interface ScheduleOptions {
  readonly schedule: Schedule;
  /** Highest rate. */
  readonly learningRate: number;
  /** Steps over which the rate rises from 0. */
  readonly warmupSteps: number;
  /** Steps of the whole run. */
  readonly totalSteps: number;
}

/** Steps after which an inverse square root without warmup has come down to 1/√2. */
const DEFAULT_TIMESCALE = 10_000;

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
  if (schedule === 'inverse_sqrt') {
    const timescale = warmupSteps > 0 ? warmupSteps : DEFAULT_TIMESCALE;
    return 1 / Math.sqrt((step + timescale - warmupSteps) / timescale);
  }
  return 1;
}
