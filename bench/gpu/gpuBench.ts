/**
 * The engine in Node on Dawn, for machines with a GPU and no browser: every kernel against its reference first, then
 * products, training steps and memory. Run by `npm run bench:gpu`; PyTorch's side of the table is torchBench.py.
 */
import * as tf from '@tensorflow/tfjs';
import { purgePool } from '../../src/engine/memory.ts';
import { matmul } from '../../src/engine/ops/linear/matmul.ts';
import { withProductBits } from '../../src/engine/ops/linear/matmulChoice.ts';
import { canMultiplyHalves, type ProductBits } from '../../src/engine/ops/linear/matmulKernels.ts';
import { checkHalfKernels, checkKernels } from '../../src/engine/selfCheck/selfCheck.ts';
import { openTestDevice } from '../../src/test/webgpuDevice.ts';
import { median } from '../alternate.ts';
import { tuneForBench } from '../gpuDevice.ts';
import { openGraftStep, type Method } from '../graftStep.ts';
import { fullBatch, modelShapes, randomWeights, type ModelName } from '../models.ts';
import { watchPeakBytes } from '../peakBytes.ts';
import { whenDone } from '../whenDone.ts';

/** One line for the table; `name` and `unit` are those of torchBench.py. */
export interface GpuRow {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Bits in which factors were multiplied. */
  readonly bits: ProductBits;
}

export interface GpuReport {
  readonly device: string;
  readonly features: readonly string[];
  readonly isSoftware: boolean;
  /** The kernel that tuning chose for each class of products; empty on a software adapter. */
  readonly choices: Readonly<Record<string, string>>;
  /** The same for products in 16 bits; empty where the card has no kernels for them. */
  readonly halfChoices: Readonly<Record<string, string>>;
  /** Kernels and sizes that were checked against plain tfjs, all of them sound. */
  readonly checkedKernels: number;
  readonly rows: readonly GpuRow[];
}

interface StepShape {
  readonly model: ModelName;
  readonly method: Method;
  readonly size: number;
  readonly inputLength: number;
  readonly labelLength: number;
  /** Of the adapter; 16 where it is left out. */
  readonly rank?: number;
}

const products = [512, 1024, 2048, 4096];
const steps: readonly StepShape[] = [
  { model: 'starter', method: 'lora', size: 8, inputLength: 256, labelLength: 64 },
  { model: 'starter', method: 'full', size: 8, inputLength: 256, labelLength: 64 },
  { model: 'flan-t5-small', method: 'lora', size: 8, inputLength: 256, labelLength: 64 },
  { model: 'flan-t5-small', method: 'full', size: 8, inputLength: 256, labelLength: 64 },
  { model: 'flan-t5-base', method: 'lora', size: 4, inputLength: 256, labelLength: 64, rank: 32 },
  { model: 'flan-t5-base', method: 'lora', size: 8, inputLength: 512, labelLength: 128, rank: 32 },
];
const quickProducts = [64];
const quickSteps: readonly StepShape[] = [
  { model: 'tiny', method: 'lora', size: 2, inputLength: 8, labelLength: 4 },
  { model: 'tiny', method: 'full', size: 2, inputLength: 8, labelLength: 4 },
];

/** Measures; throws when there is no WebGPU, or when a kernel computes wrongly. */
export async function gpuBench(isQuick: boolean): Promise<GpuReport> {
  const device = await openTestDevice();
  if (device === null) throw new Error('This machine has no WebGPU for Node.');
  const choices = await tuneForBench(device);
  const halfChoices = canMultiplyHalves() ? await tuneForBench(device, 16) : {};
  const bitsOf: readonly ProductBits[] = Object.keys(halfChoices).length > 0 ? [32, 16] : [32];
  const perOp = isQuick ? 1 : 3;
  const verdicts = await checkKernels(1, perOp, {});
  if (bitsOf.includes(16)) verdicts.push(...(await checkHalfKernels(1, perOp, {})));
  const faults = verdicts.filter(({ fault }) => fault !== undefined);
  if (faults.length > 0) {
    const words = faults.map(({ op, sizes, fault }) => `${op} (${sizes}): ${fault}`);
    throw new Error(`Kernels compute wrongly here: ${words.join('; ')}.`);
  }
  const rounds = isQuick ? 1 : 9;
  const rows: GpuRow[] = [];
  for (const bits of bitsOf) {
    for (const side of isQuick ? quickProducts : products) rows.push(await productRow(side, rounds, bits));
    for (const shape of isQuick ? quickSteps : steps) rows.push(...(await stepRows(shape, rounds, bits)));
  }
  const problem = device.problem();
  if (problem !== undefined) throw new Error(problem.message);
  const { name, features, isSoftware } = device;
  return { device: name, features, isSoftware, choices, halfChoices, checkedKernels: verdicts.length, rows };
}

/** C = A·B of three square matrices, ten times in one go so that waiting weighs little. */
async function productRow(side: number, rounds: number, bits: ProductBits): Promise<GpuRow> {
  const repeats = 10;
  const a = tf.randomUniform<tf.Rank.R2>([side, side]);
  const b = tf.randomUniform<tf.Rank.R2>([side, side]);
  const ms = await medianMs(rounds, async () => {
    for (let i = 0; i < repeats; i++) withProductBits(bits, () => matmul('NN', a, b)).dispose();
    await whenDone();
  });
  tf.dispose([a, b]);
  return { name: `matmul ${side}³`, unit: 'GFLOP/s', value: (2 * side ** 3 * repeats) / (ms * 1e6), bits };
}

async function stepRows(shape: StepShape, rounds: number, bits: ProductBits): Promise<GpuRow[]> {
  const { model, method, size, inputLength, labelLength, rank } = shape;
  const config = modelShapes[model];
  purgePool(); // what the model before has left is none of this one's
  const peak = watchPeakBytes();
  const weights = randomWeights(config, method === 'lora' ? 'f16' : 'f32'); // frozen matrices as the page keeps them
  const batch = fullBatch(config, size, inputLength, labelLength);
  const step = openGraftStep(config, weights, method, batch, { rank, fp16: bits === 16 });
  const ms = await medianMs(rounds, async () => {
    const loss = await step.run();
    if (!Number.isFinite(loss)) throw new Error(`The loss of ${model} is not finite.`);
  });
  const highest = peak();
  step.dispose();
  tf.dispose([...weights.values()]);
  const name = `${method} step, ${model} ${size}x${inputLength}/${labelLength}`;
  const tokens = batch.inputTokenCount + batch.labelTokenCount;
  return [
    { name, unit: 'ms', value: ms, bits },
    { name, unit: 'tokens/s', value: (1000 * tokens) / ms, bits },
    { name, unit: 'MB', value: highest / 1e6, bits },
  ];
}

/** After two runs to compile and settle. */
async function medianMs(rounds: number, run: () => Promise<void>): Promise<number> {
  await run();
  await run();
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const startedAt = performance.now();
    await run();
    times.push(performance.now() - startedAt);
  }
  return median(times);
}
