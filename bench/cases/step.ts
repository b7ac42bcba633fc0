/** A whole training step, LoRA and full, against the same model from stock tfjs operators. */
import * as tf from '@tensorflow/tfjs';
import { fullBatch, type RepeatedStep } from '../../src/training/repeatedStep.ts';
import { openGpuDevice } from '../gpuDevice.ts';
import { alternate, type Variant } from '../alternate.ts';
import { askedShapes, type BatchShape } from '../askedShapes.ts';
import type { BenchOptions } from '../benchOptions.ts';
import { expectClose } from '../expectClose.ts';
import { openGraftStep, type Method } from '../graftStep.ts';
import { modelShapes, randomWeights, type ModelName } from '../models.ts';
import { openPlainStep } from '../peers/plainStep.ts';
import { compared, type BenchRow } from '../row.ts';
import { onStock } from '../stockWasm.ts';
import { openWasmDevice } from '../wasmDevice.ts';

interface Shape extends BatchShape {
  readonly model: ModelName;
}

const fullShapes: readonly Shape[] = [
  { model: 'starter', size: 4, inputLength: 64, labelLength: 32 },
  // No shorter labels: stock tfjs gets the product with a transposed weight wrong for 4 or 8 rows of 2,000 and more values.
  { model: 't5-small', size: 1, inputLength: 32, labelLength: 16 },
];
const quickShapes: readonly Shape[] = [{ model: 'tiny', size: 2, inputLength: 8, labelLength: 4 }];

/** Rows of every shape, in milliseconds a step. */
export async function benchStep(options: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const shapes = options.isQuick ? quickShapes : fullShapes;
  for (const shape of askedShapes(shapes, options)) {
    rows.push(...(await rowsOf(shape, options)));
  }
  return rows;
}

async function rowsOf(shape: Shape, options: BenchOptions): Promise<BenchRow[]> {
  const { backend, turns, hasPeersOnWebgpu } = options;
  const gpu = backend === 'webgpu' || hasPeersOnWebgpu ? await openGpuDevice() : undefined;
  const onGpu = gpu === undefined ? [] : openAll('webgpu', shape, backend === 'webgpu');
  const wasm = backend === 'wasm' ? await openWasmDevice(options) : undefined;
  const variants = wasm === undefined ? onGpu : [...openAll('wasm', shape, true), ...onGpu];
  await expectSameLoss(variants);
  const times = await alternate(variants, turns);
  for (const variant of variants) await variant.dispose();
  gpu?.close();
  wasm?.close();

  const title = `${shape.model} ${shape.size}x${shape.inputLength}/${shape.labelLength}`;
  const row = (what: string, peerName: string, graft: string, peer: string): BenchRow =>
    compared(`${what}, ${title}`, 'ms', times.get(graft)!, peerName, times.get(peer)!);
  return (['lora', 'full'] as const)
    .flatMap((method) => {
      const what = method === 'lora' ? 'LoRA step' : 'full step';
      const ours = `Graft ${method} ${backend}`;
      const stock = row(what, 'stock tfjs', ours, `stock ${method} ${backend}`);
      if (wasm === undefined || gpu === undefined) return [stock];
      return [stock, row(what, 'Graft on WebGPU', ours, `Graft ${method} webgpu`)];
    })
    .concat(row('LoRA step', "Graft's full step", `Graft lora ${backend}`, `Graft full ${backend}`));
}

type StepVariant = Variant & { loss(): Promise<number>; dispose(): Promise<void> };

/** Both methods on one backend, with stock tfjs or without. */
function openAll(backend: 'webgpu' | 'wasm', shape: Shape, hasStock: boolean): StepVariant[] {
  const { model, size, inputLength, labelLength } = shape;
  const config = modelShapes[model];
  const batch = fullBatch(config, size, inputLength, labelLength);
  let weights: Map<string, tf.Tensor> | undefined;
  let unfreed = 0;
  const variant = (name: string, method: Method, open: typeof openGraftStep): StepVariant => {
    let step: RepeatedStep | undefined;
    unfreed++;
    const run = async (): Promise<number> => (open === openPlainStep ? onStock(backend, runHere) : runHere());
    const runHere = async (): Promise<number> => {
      await tf.setBackend(backend);
      weights ??= randomWeights(config);
      step ??= open(config, weights, method, batch);
      return step.run();
    };
    return {
      name: `${name} ${method} ${backend}`,
      loss: run,
      run: async () => void (await run()),
      async dispose() {
        await tf.setBackend(backend);
        step?.dispose();
        if (--unfreed === 0) tf.dispose([...(weights?.values() ?? [])]);
      },
    };
  };
  return (['lora', 'full'] as const).flatMap((method) => [
    variant('Graft', method, openGraftStep),
    ...(hasStock ? [variant('stock', method, openPlainStep)] : []),
  ]);
}

/** The first loss comes from the same weights everywhere; this is also the run in which kernels are compiled. */
async function expectSameLoss(variants: readonly StepVariant[]): Promise<void> {
  let first: number | undefined;
  for (const variant of variants) {
    const loss = await variant.loss();
    first ??= loss;
    expectClose(variant.name, [loss], [first], 1e-4);
  }
}
