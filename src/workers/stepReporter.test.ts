import { describe, expect, it } from 'vitest';
import type { StepMetrics } from '../training/metrics.ts';
import { makeStepReporter } from './stepReporter.ts';

const step = (n: number): StepMetrics => ({
  step: n,
  epoch: 0,
  loss: 1,
  learningRate: 1,
  gradNorm: 1,
  tokenCount: 1,
  stepMs: 1,
  gpuBytes: 0,
});

describe('step reporter', () => {
  it('sends the first step at once and then at most every 100 ms, losing none', () => {
    let clock = 0;
    const sent: number[][] = [];
    const reporter = makeStepReporter(
      (steps) => sent.push(steps.map((s) => s.step)),
      () => clock,
    );
    for (let n = 1; n <= 25; n++) {
      reporter.add(step(n));
      clock += 10;
    }
    reporter.flush();
    expect(sent.flat()).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    expect(sent).toHaveLength(4);
    expect(sent[0]).toEqual([1]);
  });
});
