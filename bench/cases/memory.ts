/**
 * The most GPU memory that training takes, weights and moments included: the high-water mark of tfjs's buffers, free ones
 * too. Counted, not timed, so one run is enough. Graft's frozen matrices are in 16 bits, as the page has them. Stock tfjs is
 * measured on its own backend, as it is.
 */
import * as tf from '@tensorflow/tfjs';
import { fullBatch } from '../../src/training/repeatedStep.ts';
import { openGpuDevice } from '../gpuDevice.ts';
import { askedShapes, type BatchShape } from '../askedShapes.ts';
import type { BenchOptions } from '../benchOptions.ts';
import { openGraftStep, type Method } from '../graftStep.ts';
import { modelShapes, randomWeights, type ModelName } from '../models.ts';
import { watchPeakBytes } from '../peakBytes.ts';
import { openPlainStep } from '../peers/plainStep.ts';
import { alone, compared, type BenchRow } from '../row.ts';
import { openWasmDevice } from '../wasmDevice.ts';

interface Shape extends BatchShape {
  readonly model: ModelName;
  readonly method: Method;
  /** Of the adapter; the engine's own where it is left out. */
  readonly rank?: number;
  /** Stock tfjs takes minutes a step for the larger ones. */
  readonly hasStock: boolean;
}

const fullShapes: readonly Shape[] = [
  { model: 'starter', method: 'lora', size: 4, inputLength: 64, labelLength: 32, hasStock: true },
  { model: 'starter', method: 'full', size: 4, inputLength: 64, labelLength: 32, hasStock: true },
  { model: 'starter', method: 'full', size: 8, inputLength: 256, labelLength: 64, hasStock: false },
];
/** Minutes a step on a software adapter. */
const largeShapes: readonly Shape[] = [
  {
    model: 'flan-t5-base',
    method: 'lora',
    rank: 32,
    size: 4,
    inputLength: 256,
    labelLength: 64,
    hasStock: false,
  },
  {
    model: 'flan-t5-base',
    method: 'lora',
    rank: 32,
    size: 8,
    inputLength: 512,
    labelLength: 128,
    hasStock: false,
  },
];
const quickShapes: readonly Shape[] = [
  { model: 'tiny', method: 'lora', size: 2, inputLength: 8, labelLength: 4, hasStock: true },
];

/** Rows of every shape in MB (10⁶ bytes). */
export async function benchMemory(options: BenchOptions): Promise<BenchRow[]> {
  const { isQuick, isLarge, backend } = options;
  const rows: BenchRow[] = [];
  const shapes = askedShapes(isQuick ? quickShapes : isLarge ? largeShapes : fullShapes, options);
  // Stock first: opening our device changes tfjs's backend for good.
  const stockBytes = new Map<Shape, number>();
  for (const shape of shapes) {
    if (shape.hasStock && backend === 'webgpu')
      stockBytes.set(shape, await peakOf(shape, openPlainStep, 'f32', openStock));
  }
  for (const shape of shapes) {
    const open = backend === 'wasm' ? () => openWasmDevice(options) : () => openGpuDevice();
    const bytes = await peakOf(shape, openGraftStep, 'f16', open);
    const { model, method, size, inputLength, labelLength } = shape;
    const name = `peak memory, ${method === 'lora' ? 'LoRA' : 'full'} ${model} ${size}x${inputLength}/${labelLength}`;
    const stock = stockBytes.get(shape);
    rows.push(
      stock === undefined
        ? alone(name, 'MB', bytes / 1e6)
        : compared(name, 'MB', bytes / 1e6, 'stock tfjs', stock / 1e6),
    );
  }
  return rows;
}

/** tfjs's own WebGPU backend, which must not have been replaced yet. */
async function openStock(): Promise<{ close(): void }> {
  await tf.setBackend('webgpu');
  return { close: () => {} };
}

async function peakOf(
  { model, method, rank, size, inputLength, labelLength }: Shape,
  open: typeof openGraftStep,
  precision: 'f32' | 'f16',
  openBackend: () => Promise<{ close(): void }>,
): Promise<number> {
  const device = await openBackend();
  const peak = watchPeakBytes();
  const config = modelShapes[model];
  const weights = randomWeights(config, precision);
  const step = open(config, weights, method, fullBatch(config, size, inputLength, labelLength), { rank });
  for (let i = 0; i < 2; i++) await step.run();
  const bytes = peak();
  step.dispose();
  tf.dispose([...weights.values()]);
  device.close();
  return bytes;
}
