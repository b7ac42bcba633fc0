import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { inferencePass } from '../engine/t5/forwardPass.ts';
import { goldenJson } from '../test/golden/goldenJson.ts';
import {
  goldenBatch,
  goldenTensors,
  loadGoldenModel,
  rowsOf,
  type GoldenNumbers,
} from '../test/golden/goldenModel.ts';
import { evaluationLoss } from './evaluationLoss.ts';

test('the loss over batches of different lengths is the mean per token, not per batch', async () => {
  await tf.setBackend('cpu');
  const { config, weights } = await loadGoldenModel('gated');
  const batch = goldenBatch(await goldenTensors('gated'));
  const { loss } = goldenJson('gated/golden.json') as GoldenNumbers;
  const pass = inferencePass(config, weights);
  const before = tf.memory().numTensors;
  expect(await evaluationLoss(pass, [batch])).toBeCloseTo(loss, 4);
  expect(await evaluationLoss(pass, rowsOf(batch))).toBeCloseTo(loss, 4);
  expect(tf.memory().numTensors).toBe(before);
  expect(await evaluationLoss(pass, [])).toBeNull();
  expect(await evaluationLoss(pass, [batch], AbortSignal.abort())).toBeNull();
});
