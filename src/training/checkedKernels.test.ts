/** The check of a device before it trains tries every kernel that training runs on it. */
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { openDevice } from '../engine/device.ts';
import { kernelName, lowQuadKernel, wideQuadKernel } from '../engine/ops/linear/matmulKernels.ts';
import { hasFeature, setReductionStyle } from '../engine/runtime.ts';
import { refuseFaultyDevice } from '../engine/selfCheck/selfCheck.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { tensorSpecs } from '../engine/t5/spec.ts';
import { disposeWeights, uploadFrozen, type Weights } from '../engine/weights.ts';
import { makePrng } from '../lib/prng.ts';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { watchPipelines } from '../test/watchPipelines.ts';
import { fullBatch, measuredRun, openRepeatedStep } from './repeatedStep.ts';

const gpu = await openTestDevice();

const gated: T5Config = {
  dModel: 32,
  dFf: 64,
  dKv: 8,
  numHeads: 4,
  numLayers: 2,
  numDecoderLayers: 2,
  vocabSize: 96,
  relativeAttentionNumBuckets: 32,
  relativeAttentionMaxDistance: 128,
  layerNormEpsilon: 1e-6,
  dropoutRate: 0,
  padTokenId: 0,
  eosTokenId: 1,
  decoderStartTokenId: 0,
  feedForwardProj: 'gated-gelu',
  tieWordEmbeddings: true,
};
const relu: T5Config = { ...gated, feedForwardProj: 'relu', tieWordEmbeddings: false };

test.skipIf(gpu === null).each(['invocation', 'workgroup'] as const)(
  'no kernel of a training step is left out, in style %s',
  async (style) => {
    const fresh = await openDevice('webgpu'); // with no kernel compiled yet
    setReductionStyle(style);
    const compiled = watchPipelines();
    await refuseFaultyDevice('Test GPU', {});
    const tried = new Set(compiled.keys());
    expect(tried.size).toBeGreaterThan(60);
    // Tiles of products that are larger than this test's.
    const forms = style === 'invocation' && hasFeature('subgroups') ? ['NN', 'NT', 'TN'] : [];
    const large = [wideQuadKernel, lowQuadKernel].flatMap((kernel) =>
      forms.map((form) => `matmul ${form} f32 ${kernelName(kernel)}`),
    );
    expect([...tried]).toEqual(expect.arrayContaining(large));
    for (const config of [gated, relu]) {
      await train(config, 'full', 'f32');
      await train(config, 'full', 'f32', 'adafactor');
      for (const precision of ['f32', 'f16', 'i8'] as const) await train(config, 'lora', precision);
    }
    expect([...compiled.keys()].filter((label) => !tried.has(label))).toEqual([]);
    fresh.close();
  },
  600_000,
);

/** Two steps with dropout, on a batch of many rows. */
async function train(
  config: T5Config,
  method: 'lora' | 'full',
  precision: 'f32' | 'f16' | 'i8',
  optimizer: 'adamw' | 'adafactor' = 'adamw',
): Promise<void> {
  const weights = randomWeights(config, precision);
  const run = { ...measuredRun(method), dropout: 0.1, optimizer };
  const targets = config === relu ? ['q', 'v', 'wi', 'wo'] : ['q', 'v', 'wi_0', 'wi_1', 'wo'];
  const lora = { ...run.lora, dropout: 0.1, targets };
  const step = openRepeatedStep({ config, weights }, { ...run, lora }, fullBatch(config, 2, 24, 12));
  await step.run();
  await step.run();
  step.dispose();
  disposeWeights(weights);
}

function randomWeights(config: T5Config, precision: 'f32' | 'f16' | 'i8'): Weights {
  const random = makePrng(1);
  return new Map(
    tensorSpecs(config).map(({ name, shape }) => {
      const values = Float32Array.from(
        { length: shape.reduce((a, b) => a * b, 1) },
        () => random.next() - 0.5,
      );
      const isMatrix = shape.length === 2 && !name.includes('relative_attention_bias');
      if (isMatrix && precision !== 'f32') return [name, uploadFrozen(name, shape, values, precision)];
      return [name, tf.tensor(values, [...shape])];
    }),
  );
}
