/** What is compared computes the same: the peers stay worth comparing with as the engine changes. Nothing is timed. */
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { openDevice } from '../../src/engine/device.ts';
import { inferencePass } from '../../src/engine/t5/forwardPass.ts';
import { generate } from '../../src/engine/t5/generate.ts';
import { padPrompts } from '../../src/engine/t5/promptBatch.ts';
import { openTestDevice } from '../../src/test/webgpuDevice.ts';
import { fullBatch } from '../../src/training/repeatedStep.ts';
import { alternate, median } from '../alternate.ts';
import { expectClose } from '../expectClose.ts';
import { openGraftStep } from '../graftStep.ts';
import { modelShapes, randomWeights } from '../models.ts';
import { handKernels, openHandMatmul } from './handMatmul.ts';
import { plainGenerate } from './plainGenerate.ts';
import { openPlainStep } from './plainStep.ts';

const gpu = await openTestDevice();
const handDevice = gpu === null ? null : (tf.backend() as unknown as { device: GPUDevice }).device;
await openDevice('wasm');

const config = modelShapes.tiny;
const batch = fullBatch(config, 2, 8, 4);

test('three full steps of stock tfjs lose as much as Graft’s; a LoRA step begins with the same loss', async () => {
  await tf.setBackend('wasm');
  const weights = randomWeights(config);
  for (const [method, count] of [
    ['full', 3],
    ['lora', 1],
  ] as const) {
    const losses: number[][] = [];
    for (const open of [openGraftStep, openPlainStep]) {
      const step = open(config, weights, method, batch);
      const found: number[] = [];
      for (let i = 0; i < count; i++) found.push(await step.run());
      step.dispose();
      losses.push(found);
    }
    expect(losses[0]!).toBeAllClose(losses[1]!, { atol: 0, rtol: 1e-5 });
  }
  tf.dispose([...weights.values()]);
});

test('stock tfjs writes the tokens that Graft writes', async () => {
  await tf.setBackend('wasm');
  const weights = randomWeights(config);
  const prompts = [batch.inputIds.slice(0, 8), batch.inputIds.slice(8)];
  const answers = await generate(inferencePass(config, weights), padPrompts(prompts), {
    maxNewTokens: 5,
    endIds: [],
  });
  const plain = await plainGenerate(config, weights, prompts, 5);
  expect(answers.map(({ ids }) => [...ids])).toEqual(plain);
  tf.dispose([...weights.values()]);
});

test.skipIf(handDevice === null).each(handKernels)('the product by hand, %s, is right', async (kernel) => {
  const size = { m: 64, k: 32, n: 128 };
  const a = Float32Array.from({ length: size.m * size.k }, (_, i) => Math.sin(i));
  const b = Float32Array.from({ length: size.k * size.n }, (_, i) => Math.cos(i));
  const wanted = new Float32Array(size.m * size.n).map((_, at) => {
    const [row, column] = [Math.floor(at / size.n), at % size.n];
    let sum = 0;
    for (let k = 0; k < size.k; k++) sum += a[row * size.k + k]! * b[k * size.n + column]!;
    return sum;
  });
  const product = openHandMatmul(handDevice!, kernel, size, a, b);
  await product.run();
  expect(await product.read()).toBeAllClose(wanted, { atol: 1e-4, rtol: 1e-5 });
  product.destroy();
});

test('variants take turns, and the median counts', async () => {
  const order: string[] = [];
  const variant = (name: string) => ({ name, run: async () => void order.push(name) });
  const times = await alternate([variant('a'), variant('b')], { rounds: 3, warmUps: 1 });
  expect(order.join('')).toBe('ababbaab');
  expect([...times.keys()]).toEqual(['a', 'b']);
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
});

test('a peer that computes something else is turned away', () => {
  expect(() => expectClose('peer', [1, 2.1], [1, 2], 1e-2)).toThrow('peer computed 2.1 at 1 instead of 2.');
  expect(() => expectClose('peer', [1, NaN], [1, 2])).toThrow('NaN');
});
