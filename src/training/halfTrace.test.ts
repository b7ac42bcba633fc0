/** Training with products in 16 bits beside training in 32, on adapters with `shader-f16`. */
import { expect, test } from 'vitest';
import { setMatmulChoices } from '../engine/ops/linear/matmulChoice.ts';
import { candidatesFor, halfKernels, type MatmulKernel } from '../engine/ops/linear/matmulKernels.ts';
import { hasFeature, setReductionStyle } from '../engine/runtime.ts';
import { loadGoldenModel } from '../test/golden/goldenModel.ts';
import { variedBatches } from '../test/variedBatches.ts';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import type { RunConfig } from './runConfig.ts';
import { sft } from './sft.ts';
import { openTrainables } from './trainables.ts';

const gpu = await openTestDevice();
const totalSteps = 12;
/** Of each loss, in parts of it: factors are rounded by up to 5e-4 of themselves, and AdamW passes small differences on. */
const tolerance = 1e-2;

test.skipIf(gpu === null).for(['lora', 'full'] as const)('%s', async (method, context) => {
  if (!hasFeature('shader-f16')) {
    console.warn('Training in 16 bits is not tested: the adapter has no shader-f16.');
    context.skip();
  }
  setReductionStyle('subgroup'); // as on a GPU
  const kernels = [halfKernels[0]!, ...candidatesFor(16).filter(({ family }) => family === 'matrix')];
  const wanted = await losses(method, false);
  for (const kernel of kernels) {
    setMatmulChoices(choicesOf(kernel), 16);
    const found = await losses(method, true);
    expect(found).toBeAllClose(wanted, { atol: 0, rtol: tolerance });
    expect(found).not.toEqual(wanted); // something was rounded
  }
  expect(wanted.at(-1)).not.toBeCloseTo(wanted[0]!, 2);
});

test.skipIf(gpu === null)(
  'where no kernels for 16 bits were chosen, scaling the loss changes no loss',
  async () => {
    setMatmulChoices(new Map(), 16);
    const wanted = await losses('lora', false);
    expect(wanted).toHaveLength(totalSteps);
    expect(await losses('lora', true)).toBeAllClose(wanted, { atol: 0, rtol: 1e-5 });
  },
);

function choicesOf(kernel: MatmulKernel): Map<string, MatmulKernel> {
  const classes = ['NN', 'NT', 'TN'].flatMap((form) => [`${form} small`, `${form} large`]);
  return new Map(classes.map((name) => [name, kernel]));
}

async function losses(method: 'lora' | 'full', fp16: boolean): Promise<number[]> {
  const lora = { ...DEFAULT_RUN_CONFIG.lora, r: 4, dropout: 0.1, targets: ['q', 'v', 'wi_0', 'wo'] };
  const config: RunConfig = {
    ...DEFAULT_RUN_CONFIG,
    method,
    lora,
    learningRate: 3e-4,
    saveSteps: 1000,
    fp16,
  };
  const base = await loadGoldenModel('gated');
  const trainables = openTrainables(base, config);
  const found: number[] = [];
  const batches = variedBatches(base.config, 2);
  for await (const event of sft({ config, trainables, batches, validation: null, totalSteps })) {
    if (event.kind === 'step') found.push(event.metrics.loss);
  }
  trainables.dispose();
  return found;
}
