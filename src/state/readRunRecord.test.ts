import { expect, test } from 'vitest';
import type { RunRecord } from '../storage/records.ts';
import { DEFAULT_RUN_CONFIG } from '../training/presets.ts';
import { trainerFiles } from '../training/trainerFiles.ts';
import { readRunRecord } from './readRunRecord.ts';
import { methodName } from './runFacts.ts';

/** As the first version kept it: LoRA and AdamW were all there was. */
const old = {
  id: 'r1',
  name: 'tickets, LoRA r 4',
  createdAt: 1,
  updatedAt: 2,
  status: 'done',
  modelId: 'starter',
  modelName: 'graft-starter',
  datasetId: 'd1',
  datasetName: 'tickets.csv',
  examples: {},
  trainExampleCount: 8,
  totalSteps: 1,
  config: {
    version: 1,
    method: 'lora',
    lora: { r: 4, alpha: 8, dropout: 0, targets: ['q', 'v'] },
    learningRate: 0.01,
    batchSize: 8,
    epochs: 1,
    maxSteps: 0,
  },
  steps: [
    { step: 1, epoch: 1, loss: 2, learningRate: 0.01, gradNorm: 1, tokenCount: 9, stepMs: 5, gpuBytes: 0 },
  ],
  evaluations: [],
  samples: [],
} as unknown as RunRecord;

test('a record without the fields of today opens, keeps what it says and can be used', () => {
  const run = readRunRecord(old);
  expect(run.config).toMatchObject({
    learningRate: 0.01,
    optimizer: 'adamw',
    lora: { r: 4, usesDora: false },
  });
  expect(run.config.prompt).toEqual(DEFAULT_RUN_CONFIG.prompt);
  expect(methodName(run.config)).toBe('LoRA r 4');
  expect(trainerFiles(run).get('trainer_state.json')).toContain('"train_batch_size": 8');
});

test('a record without lists has empty ones', () => {
  const { steps: _steps, samples: _samples, evaluations: _evaluations, ...bare } = old;
  expect(readRunRecord(bare as RunRecord)).toMatchObject({ steps: [], samples: [], evaluations: [] });
});

test('settings of a newer version: the run can be looked at, and says why it cannot go on', () => {
  const run = readRunRecord({ ...old, config: { ...old.config, version: 2 } as never });
  expect(run).toMatchObject({ status: 'failed', config: DEFAULT_RUN_CONFIG, steps: old.steps });
  expect(run.problem?.code).toBe('run-config-version');
});
