import { expect, it } from 'vitest';
import { curveCsv } from './curveCsv.ts';

it('writes one line per step and puts validation beside its step', () => {
  const step = {
    epoch: 0.5,
    loss: 2.25,
    learningRate: 1e-4,
    gradNorm: 0.75,
    tokenCount: 640,
    stepMs: 120,
    gpuBytes: 1000,
  };
  const csv = curveCsv({
    steps: [
      { step: 1, ...step },
      { step: 2, ...step },
    ],
    evaluations: [{ step: 2, epoch: 1, loss: 1.5 }],
  });
  expect(csv.split('\r\n')).toEqual([
    'step,epoch,loss,learning_rate,grad_norm,tokens,step_ms,gpu_bytes,validation_loss',
    '1,0.5,2.25,0.0001,0.75,640,120,1000,',
    '2,0.5,2.25,0.0001,0.75,640,120,1000,1.5',
    '',
  ]);
});
