/**
 * What products and training steps cost on the software adapter in time of the processor, all threads but JavaScript's, when
 * it is imported: see scripts/processorTime.mjs. Other programs slow the clock on the wall, and these figures less.
 */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { matmul } from '../src/engine/ops/linear/matmul.ts';
import { queueIdle } from '../src/engine/runtime.ts';
import { openTestDevice } from '../src/test/webgpuDevice.ts';
import { fullBatch, type RepeatedStep } from '../src/training/repeatedStep.ts';
import { median } from './alternate.ts';
import { openGraftStep } from './graftStep.ts';
import { modelShapes, randomWeights } from './models.ts';
import { handKernels, openHandMatmul } from './peers/handMatmul.ts';
import { openPlainStep } from './peers/plainStep.ts';
import { gpuDevice } from './whenDone.ts';

interface Row {
  readonly work: string;
  readonly variant: string;
  readonly medianMs: number;
  readonly leastMs: number;
}

interface Work {
  readonly variant: string;
  run(): unknown;
}

async function productRows(rounds: number, sizes: readonly string[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizes) {
    const [m, k, n] = size.split('x').map(Number) as [number, number, number];
    const [x, y] = [tf.randomUniform<tf.Rank.R2>([m, k]), tf.randomUniform<tf.Rank.R2>([k, n])];
    const [a, b] = [(await x.data()) as Float32Array, (await y.data()) as Float32Array];
    const byHand = handKernels.map((kernel) => ({
      kernel,
      product: openHandMatmul(gpuDevice(), kernel, { m, k, n }, a, b),
    }));
    const variants: Work[] = [
      { variant: 'Graft', run: () => matmul('NN', x, y).dispose() },
      ...byHand.map(({ kernel, product }) => ({ variant: `by hand (${kernel})`, run: () => product.run() })),
    ];
    rows.push(...(await measured(`product ${size}`, variants, rounds)));
    for (const { product } of byHand) product.destroy();
    tf.dispose([x, y]);
  }
  return rows;
}

async function stepRows(rounds: number): Promise<Row[]> {
  const config = modelShapes.starter;
  const weights = randomWeights(config);
  const batch = fullBatch(config, 4, 64, 32);
  const opened: (RepeatedStep & Work)[] = [];
  for (const method of ['lora', 'full'] as const) {
    for (const [name, open] of [
      ['Graft', openGraftStep],
      ['stock tfjs', openPlainStep],
    ] as const) {
      opened.push({ ...open(config, weights, method, batch), variant: `${name}, ${method}` });
    }
  }
  const rows = await measured('step, starter 4x64/32', opened, rounds);
  for (const step of opened) step.dispose();
  return rows;
}

/** Variants take turns; the first run of each, in which kernels are compiled, does not count. */
async function measured(work: string, variants: readonly Work[], rounds: number): Promise<Row[]> {
  const times = new Map<Work, number[]>(variants.map((variant) => [variant, []]));
  for (const variant of variants) await processorMs(variant);
  for (let round = 0; round < rounds; round++) {
    for (const variant of variants) times.get(variant)!.push(await processorMs(variant));
  }
  return [...times].map(([{ variant }, values]) => ({
    work,
    variant,
    medianMs: Math.round(median(values)),
    leastMs: Math.round(Math.min(...values)),
  }));
}

/** Processor time of the threads that stand for the GPU, to the end of the work. Linux. */
async function processorMs(work: Work): Promise<number> {
  await queueIdle();
  const before = process.cpuUsage();
  const scriptBefore = scriptMs();
  await work.run();
  await queueIdle();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3 - (scriptMs() - scriptBefore);
}

function scriptMs(): number {
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}

const [what = 'products', rounds = '5', sizes = '512x512x512,1024x1024x1024,256x768x3072'] =
  process.argv.slice(2);
if ((await openTestDevice()) === null) throw new Error('This machine has no WebGPU for Node.');
export const rows = await (what === 'steps'
  ? stepRows(Number(rounds))
  : productRows(Number(rounds), sizes.split(',')));
