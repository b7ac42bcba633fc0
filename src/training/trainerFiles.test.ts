import { expect, test } from 'vitest';
import { readRunConfig } from './readRunConfig.ts';
import { trainerFiles } from './trainerFiles.ts';

test('the state as JSON, and its log as one line per entry', () => {
  const numbers = { learningRate: 1e-3, gradNorm: 2, tokenCount: 1, stepMs: 1, gpuBytes: 0 };
  const files = trainerFiles({
    config: readRunConfig({ epochs: 1, batchSize: 8 }),
    trainExampleCount: 16,
    totalSteps: 2,
    steps: [
      { step: 1, epoch: 0.5, loss: 3, ...numbers },
      { step: 2, epoch: 1, loss: 2.5, ...numbers },
    ],
    evaluations: [{ step: 2, epoch: 1, loss: 2.75 }],
    outcome: { step: 2, trainingLoss: 2.75, runtimeMs: 1000, totalFlos: 600 },
  });
  expect([...files.keys()]).toEqual(['trainer_state.json', 'trainer_log.jsonl']);
  const state = JSON.parse(files.get('trainer_state.json')!) as Record<string, unknown>;
  expect(state).toMatchObject({ global_step: 2, best_metric: 2.75, total_flos: 600 });
  const lines = files.get('trainer_log.jsonl')!.split('\n');
  expect(lines.pop(), 'the last line ends like the others').toBe('');
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual(state['log_history']);
  expect(lines[2]).toBe('{"epoch":1,"eval_loss":2.75,"step":2}');
  expect(lines).toHaveLength(4);
});
