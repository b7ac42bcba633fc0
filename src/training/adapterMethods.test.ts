/** Runs of every adapter method: ten optimizer steps equal peft's, and a checkpoint carries all that a method trains. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { bytesSource } from '../formats/byteSource.ts';
import { readPeftAdapter } from '../interop/peft.ts';
import { goldenJson } from '../test/golden/goldenJson.ts';
import {
  goldenAdapterFiles,
  goldenAdapterFolder,
  goldenBatch,
  goldenTensors,
  loadGoldenModel,
  type GoldenAdapterNumbers,
} from '../test/golden/goldenModel.ts';
import { restoreCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import type { RunConfig } from './runConfig.ts';
import { sft } from './sft.ts';
import { openTrainables, readParameters, writeParameters } from './trainables.ts';

/** The settings of make_golden.py's `ten_losses`, and those of make_adapters.py's cases. */
const golden: RunConfig = {
  ...DEFAULT_RUN_CONFIG,
  lora: { ...DEFAULT_RUN_CONFIG.lora, r: 2, alpha: 6, dropout: 0 },
  learningRate: 1e-2,
  warmupSteps: 2,
  weightDecay: 0.1,
  dropout: 0,
  saveSteps: 1000,
};
const dora = { usesDora: true, isRankStabilised: true, targets: ['q', 'o', 'wi_0', 'wi_1', 'wo'] };
const saved = { targets: ['q', 'v'], savedModules: ['lm_head', 'embed_tokens', 'final_layer_norm'] };
const RUNS: [string, RunConfig][] = [
  ['dora', { ...golden, lora: { ...golden.lora, ...dora } }],
  ['saved', { ...golden, lora: { ...golden.lora, ...saved } }],
  ['ia3', { ...golden, method: 'ia3' }],
  ['prompt', { ...golden, method: 'prompt-tuning', prompt: { tokenCount: 3, start: 'random', text: '' } }],
];

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test.each(RUNS)(
  '%s: ten AdamW steps equal peft’s, and a checkpoint brings them back',
  async (name, config) => {
    const base = await loadGoldenModel('gated');
    const batch = goldenBatch(await goldenTensors('gated'));
    const folder = goldenAdapterFolder('gated', name);
    const { snapshot } = await readPeftAdapter(goldenAdapterFiles(folder), base.config);
    const before = tf.memory().numTensors;
    const trainables = openTrainables(base, config);
    writeParameters(trainables, snapshot.tensors);
    const batches = {
      stepsPerEpoch: 1,
      nextStep: () => [batch],
      epochAfter: (step: number) => step,
      state: () => ({ seed: 0, epoch: 0, position: 0 }),
    };
    const losses: number[] = [];
    const run = sft({ config, trainables, batches, totalSteps: 10, validation: null });
    let next = await run.next();
    for (; next.done !== true; next = await run.next()) {
      if (next.value.kind === 'step') losses.push(next.value.metrics.loss);
    }
    const { steps } = goldenJson(`${folder}/golden.json`) as GoldenAdapterNumbers;
    expect(losses).toBeAllClose(steps!.losses, { atol: 0, rtol: 2e-4 });

    const { progress } = next.value;
    const bytes = await writeCheckpoint(trainables, { config, progress, sampler: batches.state() });
    const again = openTrainables(base, config);
    await restoreCheckpoint(bytesSource(bytes), 'checkpoint', again);
    expect(await readParameters(again)).toEqual(await readParameters(trainables));
    again.dispose();
    trainables.dispose();
    expect(tf.memory().numTensors).toBe(before);
  },
);

test('a prompt starts from the tokens of its text, repeated', async () => {
  const base = await loadGoldenModel('gated');
  const prompt = { tokenCount: 5, start: 'text', text: 'given as tokens below' } as const;
  const config: RunConfig = { ...golden, method: 'prompt-tuning', prompt };
  const trainables = openTrainables(base, config, [9, 4, 1]);
  const { values } = (await readParameters(trainables)).get('prompt_embeddings')!;
  const table = await base.weights.get('shared.weight')!.data();
  const { dModel } = base.config;
  const rows = [9, 4, 1, 9, 4].flatMap((id) => Array.from(table.slice(id * dModel, (id + 1) * dModel)));
  expect([...values]).toEqual(rows);
  trainables.dispose();
});

test('targets that the model lacks are named', async () => {
  const base = await loadGoldenModel('gated');
  const run: RunConfig = { ...golden, method: 'ia3', ia3: { targets: ['wi'] } };
  expect(() => openTrainables(base, run)).toThrow(/none of the target modules wi/);
});
