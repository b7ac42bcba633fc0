import { describe, expect, it } from 'vitest';
import { DEFAULT_RUN_CONFIG } from '../../training/presets.ts';
import type { StepMetrics } from '../../training/metrics.ts';
import {
  bestEvaluation,
  extent,
  lossRows,
  nearestStep,
  plannedRates,
  POINT_LIMIT,
  rateRows,
  tokensPerSecond,
} from './curves.ts';

const stepMetrics = (step: number, loss: number): StepMetrics => ({
  step,
  epoch: step / 10,
  loss,
  learningRate: 1e-3,
  gradNorm: 1,
  tokenCount: 500,
  stepMs: 250,
  gpuBytes: 0,
});

describe('curves of a run', () => {
  it('keeps losses and their moving average together', () => {
    const rows = lossRows([stepMetrics(1, 4), stepMetrics(2, 2), stepMetrics(3, 8)], 0.5);
    expect(rows.map(({ step, raw }) => [step, raw])).toEqual([
      [1, 4],
      [2, 2],
      [3, 8],
    ]);
    expect(rows.map(({ smooth }) => smooth ?? -1)).toBeAllClose([4, 8 / 3, 40 / 7], {
      atol: 1e-12,
      rtol: 0,
    });
  });

  it('keeps a long curve under the point limit', () => {
    const steps = Array.from({ length: 4000 }, (_, i) => stepMetrics(i + 1, Math.sin(i)));
    expect(lossRows(steps, 0.9).length).toBeLessThanOrEqual(POINT_LIMIT);
  });

  it('plans the rate that training will use', () => {
    const config = { ...DEFAULT_RUN_CONFIG, learningRate: 1, warmupSteps: 2, schedule: 'linear' as const };
    // transformers get_linear_schedule_with_warmup, 2 of 6 steps: 0, 0.5, 1, 0.75, 0.5, 0.25.
    const planned = plannedRates(config, 6);
    expect(planned.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(planned.map((row) => row.planned ?? -1)).toBeAllClose([0, 0.5, 1, 0.75, 0.5, 0.25], {
      atol: 1e-12,
      rtol: 0,
    });
  });

  it('starts the plan where the past ends', () => {
    const rows = rateRows({
      steps: [stepMetrics(1, 1), stepMetrics(2, 1)],
      evaluations: [],
      totalSteps: 4,
      status: 'running',
      config: DEFAULT_RUN_CONFIG,
    });
    expect(rows.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(rows[1]).toEqual({ step: 2, past: 1e-3, planned: 1e-3 });
  });

  it('finds the best evaluation, the earlier of equals', () => {
    const evaluations = [3, 1, 1].map((loss, i) => ({ step: i, epoch: i, loss }));
    expect(bestEvaluation(evaluations)?.step).toBe(1);
    expect(bestEvaluation([])).toBeUndefined();
  });

  it.each([
    [0, 0],
    [14, 0],
    [16, 1],
    [99, 2],
  ])('step %d is nearest to entry %d', (step, index) => {
    expect(nearestStep([{ step: 10 }, { step: 20 }, { step: 30 }], step)).toBe(index);
  });

  it('measures speed and extent without what is not finite', () => {
    expect(tokensPerSecond(stepMetrics(1, 1))).toBe(2000);
    expect(extent([2, undefined, NaN, Infinity, -1])).toEqual([-1, 2]);
    expect(extent([0, 3], 0)).toEqual([3, 3]);
    expect(extent([NaN])).toBeUndefined();
  });
});

it('where padding is learned, the loss of words has a curve of its own', () => {
  const step = (n: number, maskedLoss?: number) => ({
    step: n,
    epoch: n,
    loss: 50 - n,
    learningRate: 1,
    gradNorm: 1,
    tokenCount: 1,
    stepMs: 1,
    gpuBytes: 0,
    ...(maskedLoss === undefined ? {} : { maskedLoss }),
  });
  const rows = lossRows([step(1, 3), step(2, 2)], 0);
  expect(rows.map(({ raw, masked }) => [raw, masked])).toEqual([
    [49, 3],
    [48, 2],
  ]);
  expect(lossRows([step(1), step(2)], 0).some((row) => 'masked' in row)).toBe(false);
});
