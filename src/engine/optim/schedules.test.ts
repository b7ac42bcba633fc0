import { expect, test } from 'vitest';
import { goldenJson } from '../../test/golden/goldenJson.ts';
import { learningRateAt, type Schedule } from './schedules.ts';

interface ScheduleCase {
  schedule: Schedule;
  warmupSteps: number;
  totalSteps: number;
  factors: number[];
}

test.each(goldenJson('schedules.json') as ScheduleCase[])(
  '$schedule, warmup $warmupSteps of $totalSteps steps: the rates of get_scheduler',
  ({ schedule, warmupSteps, totalSteps, factors }) => {
    const rates = factors.map((_, step) =>
      learningRateAt(step, { schedule, warmupSteps, totalSteps, learningRate: 1 }),
    );
    expect(rates).toBeAllClose(factors, { atol: 1e-15, rtol: 1e-14 });
    expect(learningRateAt(0, { schedule: 'linear', warmupSteps: 0, totalSteps: 5, learningRate: 0.5 })).toBe(
      0.5,
    );
  },
);
