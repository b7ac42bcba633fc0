/** Seq2SeqTrainer's own runs, repeated: every loss, norm and rate, and the weights in the end. */
import { expect, test } from 'vitest';
import { openDevice } from '../engine/device.ts';
import { relativeRate } from '../engine/ops/adafactor/adafactor.ts';
import { readWeight, type Weights } from '../engine/weights.ts';
import type { TensorValues } from '../formats/safetensors.ts';
import { readTensor } from '../formats/safetensors.ts';
import { readSafetensorsHeader } from '../formats/safetensorsHeader.ts';
import { goldenFile, loadGoldenModel } from '../test/golden/goldenModel.ts';
import { goldenJson } from '../test/golden/goldenJson.ts';
import { largestDifference, lossesOf, maskedLossesOf, replayRun, type RecordedRun } from './replayRun.ts';

test.each([
  ['lora', 30],
  ['full', 14],
  ['lab', 12],
  ['smoothing', 8],
  ['adafactor', 12],
  ['adafactorSlow', 8],
  ['adafactorFixed', 8],
])('%s: %i steps as Seq2SeqTrainer takes them', async (name, stepCount) => {
  await openDevice('wasm');
  const run = goldenJson(`training/${name}/run.json`) as RecordedRun;
  const isLora = run.config.method === 'lora';
  const base = await loadGoldenModel('gated');
  const initial = isLora ? await tensorsOf(name, 'initial.safetensors') : new Map<string, TensorValues>();
  const { steps, progress, parameters } = await replayRun(base, run, initial);

  expect(steps.length).toBe(stepCount);
  expect(steps.map(({ loss }) => loss)).toBeAllClose(lossesOf(run), { atol: 0, rtol: 1e-4 });
  expect(steps.map(({ gradNorm }) => gradNorm)).toBeAllClose(run.gradNorms, { atol: 0, rtol: 2e-3 });
  const rates = await ratesOf(run, steps, base.weights, initial);
  expect(rates.found).toBeAllClose(rates.logged, { atol: 1e-15, rtol: rates.rtol });
  const masked = steps.flatMap(({ maskedLoss }) => maskedLoss ?? []);
  expect(masked).toBeAllClose(maskedLossesOf(run) ?? [], { atol: 0, rtol: 1e-4 });
  const { training_loss: trainingLoss, global_step: globalStep } = run.trainOutput;
  expect(progress.lossSum / progress.updates).toBeCloseTo(trainingLoss, 4);
  expect(progress.step).toBe(globalStep);
  const difference = largestDifference(parameters, await tensorsOf(name, 'final.safetensors'));
  expect(difference).toBeLessThan(1e-3);
});

/**
 * Our rates beside those that Trainer logged. With Adafactor's own schedule it logs what the step before did to the first
 * parameter: its rate times that one's size, which is known for the first step.
 */
async function ratesOf(
  { config, learningRates }: RecordedRun,
  steps: readonly { learningRate: number }[],
  weights: Weights,
  initial: ReadonlyMap<string, TensorValues>,
): Promise<{ found: number[]; logged: readonly number[]; rtol: number }> {
  const { optimizer, adafactor } = config;
  if (optimizer !== 'adafactor' || adafactor?.isRelativeStep !== true) {
    return { found: steps.map(({ learningRate }) => learningRate), logged: learningRates, rtol: 1e-12 };
  }
  const [lora] = [...initial].filter(([name]) => name.includes(FIRST_LORA));
  const first = lora === undefined ? await readWeight(weights.get(FIRST)!) : lora[1].values;
  const rate = relativeRate({ ...adafactor, ...RATE_ONLY, step: 1 });
  return { found: [0, rate * rootMeanSquare(first)], logged: learningRates.slice(0, 2), rtol: 1e-6 };
}

const FIRST = 'shared.weight';
const FIRST_LORA = 'encoder.block.0.layer.0.SelfAttention.q.lora_A';
/** What a step needs besides and its rate does not depend on. */
const RATE_ONLY = {
  learningRate: 0,
  weightDecay: 0,
  gradientScale: null,
  decayRate: -0.8,
  squareEpsilon: 1e-30,
  scaleEpsilon: 1e-3,
};

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

async function tensorsOf(run: string, file: string): Promise<Map<string, TensorValues>> {
  const { name, source } = goldenFile(`training/${run}`, file);
  const header = await readSafetensorsHeader(source, name);
  const tensors = new Map<string, TensorValues>();
  for (const entry of header.entries.values()) {
    tensors.set(entry.name, { shape: entry.shape, values: await readTensor(source, header, entry.name) });
  }
  return tensors;
}
