/** Training with products in 16 bits beside training in 32, on adapters with `shader-f16`. */
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { classNames, setMatmulChoices } from '../engine/ops/linear/matmulChoice.ts';
import { candidatesFor, halfKernels, type MatmulKernel } from '../engine/ops/linear/matmulKernels.ts';
import { hasFeature, setReductionStyle } from '../engine/runtime.ts';
import { loadGoldenModel } from '../test/golden/goldenModel.ts';
import { variedBatches } from '../test/variedBatches.ts';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import type { RunConfig } from './runConfig.ts';
import { sft } from './sft.ts';
import { openTrainables, type BaseModel } from './trainables.ts';

const gpu = await openTestDevice();
const totalSteps = 8;
/** Of each loss and each gradient norm, in parts of it: factors are rounded by up to 5e-4 of themselves. */
const tolerances = { loss: 1e-3, norm: 1e-2 };

test.skipIf(gpu === null).for(['lora', 'full'] as const)('%s', async (method, context) => {
  if (!hasFeature('shader-f16')) context.skip('the adapter has no shader-f16');
  setReductionStyle('subgroup'); // as on a GPU
  const kernels = [halfKernels[0]!, ...candidatesFor(16).filter(({ family }) => family === 'matrix')];
  const wanted = await traces(method, false);
  for (const kernel of kernels) {
    setMatmulChoices(choicesOf(kernel), 16);
    const found = await traces(method, true);
    expect(lossesOf(found)).toBeAllClose(lossesOf(wanted), { atol: 0, rtol: tolerances.loss });
    expect(found).toBeAllClose(wanted, { atol: 0, rtol: tolerances.norm });
    expect(found).not.toEqual(wanted); // something was rounded
  }
  expect(wanted.at(-1)).not.toBeCloseTo(wanted[0]!, 2);
});

test.skipIf(gpu === null)(
  'where no kernels for 16 bits were chosen, scaling the loss changes no loss',
  async () => {
    setMatmulChoices(new Map(), 16);
    const wanted = await traces('lora', false);
    expect(wanted).toHaveLength(2 * totalSteps);
    expect(await traces('lora', true)).toBeAllClose(wanted, { atol: 0, rtol: 1e-5 });
  },
);

function lossesOf(trace: readonly number[]): number[] {
  return trace.filter((_, i) => i % 2 === 0);
}

function choicesOf(kernel: MatmulKernel): Map<string, MatmulKernel> {
  return new Map(classNames.map((name) => [name, kernel]));
}

/** Losses and gradient norms. A large epsilon makes AdamW feel the size of gradients, which it otherwise divides out. */
async function traces(method: 'lora' | 'full', fp16: boolean): Promise<number[]> {
  const lora = { ...DEFAULT_RUN_CONFIG.lora, r: 4, dropout: 0.1, targets: ['q', 'v', 'wi_0', 'wo'] };
  const config: RunConfig = {
    ...DEFAULT_RUN_CONFIG,
    method,
    lora,
    learningRate: 3e-4,
    saveSteps: 1000,
    adamEpsilon: 1e-2,
    fp16,
  };
  const base = await loadCalmModel();
  const trainables = openTrainables(base, config);
  const found: number[] = [];
  const batches = variedBatches(base.config, 2);
  for await (const event of sft({ config, trainables, batches, validation: null, totalSteps })) {
    if (event.kind === 'step') found.push(event.metrics.loss, event.metrics.gradNorm);
  }
  trainables.dispose();
  return found;
}

/** A random model whose attention is not sharp: where it is, a score that is off by 5e-4 of itself changes gradients by percents. */
async function loadCalmModel(): Promise<BaseModel> {
  const { config, weights } = await loadGoldenModel('gated');
  const calm = [...weights].map(([name, weight]) => {
    const scaled = tf.tidy(() => tf.mul(weight, name.endsWith('.q.weight') ? 0.1 : 1));
    weight.dispose();
    return [name, scaled] as const;
  });
  return { config, weights: new Map(calm) };
}
