/** The metrics of a run as CSV, one line per step, validation beside the step it followed. */
import type { RunRecord } from '../../../storage/records.ts';

const header = [
  'step',
  'epoch',
  'loss',
  'learning_rate',
  'grad_norm',
  'tokens',
  'step_ms',
  'gpu_bytes',
  'validation_loss',
];

/** RFC 4180 text with a header; numbers in full precision, empty where nothing was validated. */
export function curveCsv({ steps, evaluations }: Pick<RunRecord, 'steps' | 'evaluations'>): string {
  const validation = new Map(evaluations.map(({ step, loss }) => [step, loss]));
  const lines = steps.map((metrics) =>
    [
      metrics.step,
      metrics.epoch,
      metrics.loss,
      metrics.learningRate,
      metrics.gradNorm,
      metrics.tokenCount,
      metrics.stepMs,
      metrics.gpuBytes,
      validation.get(metrics.step) ?? '',
    ].join(','),
  );
  return `${[header.join(','), ...lines].join('\r\n')}\r\n`;
}
