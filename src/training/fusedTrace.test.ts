/** Fifty steps of the fused engine against the same steps made of the plain references on tfjs's CPU backend. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { openDevice } from '../engine/device.ts';
import { loadGoldenModel } from '../test/golden/goldenModel.ts';
import { variedBatches } from '../test/variedBatches.ts';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import type { RunConfig } from './runConfig.ts';
import { sft } from './sft.ts';
import { openTrainables } from './trainables.ts';

const gpu = await openTestDevice();
const settings: RunConfig = {
  ...DEFAULT_RUN_CONFIG,
  lora: { ...DEFAULT_RUN_CONFIG.lora, r: 4, dropout: 0.1, targets: ['q', 'v', 'wi_0', 'wo'] },
  dropout: 0.1,
  warmupSteps: 5,
  weightDecay: 0.1,
  saveSteps: 1000,
};
/** At a rate that moves the losses: its own warm-up would change them by less than a hundredth in fifty steps. */
const adafactor = {
  optimizer: 'adafactor',
  adafactor: { ...settings.adafactor, isRelativeStep: false, hasWarmupInit: false },
} as const;
const totalSteps = 50;

/** Of each loss, in parts of it. At rates where this small model no longer settles, any two ways of rounding part: LoRA at
 *  1e-3 is 1e-4 off at one step of the 50, between the two references as well. */
const tolerance = 1e-5;

const runs = [
  { model: 'gated', config: { ...settings, method: 'lora', learningRate: 3e-4 } },
  { model: 'gated', config: { ...settings, method: 'full', learningRate: 3e-4 } },
  { model: 'relu', config: { ...settings, method: 'lora', learningRate: 1e-3, labelSmoothing: 0.1 } },
  { model: 'relu', config: { ...settings, method: 'full', learningRate: 3e-3, ...adafactor } },
] as const;

describe.each(runs)('$model, $config.method, $config.optimizer', ({ model, config }) => {
  test.skipIf(gpu === null)(`${totalSteps} losses on WebGPU are the references'`, async () => {
    const wanted = await losses('cpu');
    const found = await losses('webgpu');
    expect(wanted).toHaveLength(totalSteps);
    expect(wanted.at(-1)).not.toBeCloseTo(wanted[0]!, 2); // the steps changed something
    expect(found).toBeAllClose(wanted, { atol: 0, rtol: tolerance });
  });

  test(`${totalSteps} losses on WASM are the references'`, async () => {
    const wanted = await losses('cpu');
    await openDevice('wasm');
    expect(await losses('wasm')).toBeAllClose(wanted, { atol: 0, rtol: tolerance });
  });

  async function losses(backend: string): Promise<number[]> {
    await tf.setBackend(backend);
    const base = await loadGoldenModel(model);
    const trainables = openTrainables(base, config);
    const found: number[] = [];
    const batches = variedBatches(base.config, 2);
    for await (const event of sft({ config, trainables, batches, validation: null, totalSteps })) {
      if (event.kind === 'step') found.push(event.metrics.loss);
    }
    trainables.dispose();
    return found;
  }
});
