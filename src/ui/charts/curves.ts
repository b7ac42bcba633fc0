/** What the charts of a run draw, taken from its metrics. Every curve is cut to few enough points for SVG. */
import type { RunRecord } from '../../storage/records.ts';
import { downsample } from '../../lib/downsample.ts';
import { smoothWithEma } from '../../lib/ema.ts';
import { plannedRateAt } from '../../state/runFacts.ts';
import type { EvalMetrics, StepMetrics } from '../../training/metrics.ts';

/** The parts of a run that are drawn. */
export type CurveSource = Pick<RunRecord, 'steps' | 'evaluations' | 'totalSteps' | 'config' | 'status'>;

/** One row of a chart: a step and what is known of it. */
export interface CurveRow {
  step: number;
  raw?: number;
  smooth?: number;
  /** Loss of words only, smoothed, where padding is learned too. */
  masked?: number;
  past?: number;
  planned?: number;
}

/** Points per curve at most. */
export const POINT_LIMIT = 500;

/** Loss of each step and its moving average. */
export function lossRows(steps: readonly StepMetrics[], smoothing: number): CurveRow[] {
  const smoothed = smoothWithEma(
    steps.map(({ loss }) => loss),
    smoothing,
  );
  const masked = steps.every(({ maskedLoss }) => maskedLoss !== undefined)
    ? smoothWithEma(
        steps.map(({ maskedLoss }) => maskedLoss!),
        smoothing,
      )
    : undefined;
  const rows = steps.map(({ step, loss }, i) => ({
    step,
    raw: loss,
    smooth: smoothed[i]!,
    ...(masked === undefined ? {} : { masked: masked[i]! }),
  }));
  return downsample(rows, POINT_LIMIT, ({ raw }) => raw);
}

/** The rate used so far, and from there on the one the schedule plans. */
export function rateRows({ steps, config, totalSteps }: CurveSource): CurveRow[] {
  const past: CurveRow[] = downsample(steps, POINT_LIMIT / 2, ({ learningRate }) => learningRate).map(
    ({ step, learningRate }) => ({ step, past: learningRate }),
  );
  const from = steps.at(-1)?.step ?? 0;
  const joint = past.at(-1);
  if (joint?.past !== undefined) joint.planned = joint.past;
  return [...past, ...plannedRates(config, totalSteps, from)];
}

/** Planned rate of the steps after `from`, at no more than 200 of them. The rate of step n is the schedule's at n - 1. */
export function plannedRates(config: RunRecord['config'], totalSteps: number, from = 0): CurveRow[] {
  const left = totalSteps - from;
  if (left <= 0) return [];
  const stride = Math.max(1, Math.ceil(left / 200));
  const wanted = new Set([config.warmupSteps + 1, totalSteps]);
  for (let step = from + 1; step <= totalSteps; step += stride) wanted.add(step);
  return [...wanted]
    .filter((step) => step > from && step <= totalSteps)
    .sort((a, b) => a - b)
    .map((step) => ({ step, planned: plannedRateAt(config, totalSteps, step) }));
}

/** Global gradient norms before clipping. */
export function normRows(steps: readonly StepMetrics[]): CurveRow[] {
  const rows = steps.map(({ step, gradNorm }) => ({ step, raw: gradNorm }));
  return downsample(rows, POINT_LIMIT, ({ raw }) => raw);
}

/** Tokens without padding per second of each step. */
export function speedRows(steps: readonly StepMetrics[]): CurveRow[] {
  const rows = steps.map((metrics) => ({ step: metrics.step, raw: tokensPerSecond(metrics) }));
  return downsample(rows, POINT_LIMIT, ({ raw }) => raw);
}

/** Encoder and decoder tokens a second, padding left out; NaN where no time passed. */
export function tokensPerSecond({ tokenCount, stepMs }: StepMetrics): number {
  return stepMs > 0 ? (1000 * tokenCount) / stepMs : NaN;
}

/** The evaluation with the lowest loss; the earlier one of two equals. */
export function bestEvaluation(evaluations: readonly EvalMetrics[]): EvalMetrics | undefined {
  let best: EvalMetrics | undefined;
  for (const evaluation of evaluations) {
    if (best === undefined || evaluation.loss < best.loss) best = evaluation;
  }
  return best;
}

/** Smallest and largest of the values that are finite and pass `min`; undefined when none does. */
export function extent(
  values: readonly (number | undefined)[],
  min = -Infinity,
): [number, number] | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value === undefined || !Number.isFinite(value) || value <= min) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : undefined;
}

/** Index of the entry whose step is nearest; -1 in an empty list. Steps rise. */
export function nearestStep(entries: readonly { step: number }[], step: number): number {
  let low = 0;
  let high = entries.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.step < step) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && step - entries[low - 1]!.step <= entries[low]!.step - step) return low - 1;
  return entries.length === 0 ? -1 : low;
}
