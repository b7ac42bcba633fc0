/** A whole training step, LoRA and full, against the same model from stock tfjs operators. */
import * as tf from '@tensorflow/tfjs';
import { fullBatch, type RepeatedStep } from '../../src/training/repeatedStep.ts';
import { openGpuDevice } from '../gpuDevice.ts';
import type { MatrixStore } from '../../src/engine/ops/packedMatrix/packedForm.ts';
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
  const onGpu = gpu === undefined ? [] : [openAll('webgpu', shape, backend === 'webgpu')];
  const wasm = backend === 'wasm' ? await openWasmDevice(options) : undefined;
  const opened = wasm === undefined ? onGpu : [openAll('wasm', shape, true), ...onGpu];
  const variants = opened.flatMap((steps) => steps.variants);
  await expectSameLoss(variants);
  const times = await alternate(variants, turns);
  // Among themselves once more: a stock step lasts a minute, in which a machine's speed changes.
  const ownTimes = await alternate(
    variants.filter(({ name }) => name.startsWith('Graft')),
    turns,
  );
  for (const steps of opened) await steps.dispose();
  gpu?.close();
  wasm?.close();

  const title = `${shape.model} ${shape.size}x${shape.inputLength}/${shape.labelLength}`;
  const row = (what: string, peerName: string, graft: string, peer: string): BenchRow =>
    compared(`${what}, ${title}`, 'ms', times.get(graft)!, peerName, times.get(peer)!);
  const ofFull = (what: string, graft: string): BenchRow => {
    const full = ownTimes.get(`Graft full ${backend}`)!;
    return compared(`${what}, ${title}`, 'ms', ownTimes.get(graft)!, "Graft's full step", full);
  };
  const packed = backend === 'webgpu' ? packedBases : [];
  return (['lora', 'full'] as const)
    .flatMap((method) => {
      const what = method === 'lora' ? 'LoRA step' : 'full step';
      const ours = `Graft ${method} ${backend}`;
      const stock = row(what, 'stock tfjs', ours, `stock ${method} ${backend}`);
      if (wasm === undefined || gpu === undefined) return [stock];
      return [stock, row(what, 'Graft on WebGPU', ours, `Graft ${method} webgpu`)];
    })
    .concat(ofFull('LoRA step', `Graft lora ${backend}`))
    .concat(packed.map((base) => ofFull(`LoRA step, base in ${bits[base]} bits`, `Graft lora ${base}`)));
}

type PackedBase = Exclude<MatrixStore, 'f32'>;
type StepVariant = Variant & { readonly base: MatrixStore; loss(): Promise<number> };

const packedBases: readonly PackedBase[] = ['f16', 'i8'];
const bits: Record<PackedBase, number> = { f16: 16, i8: 8 };

/** Both methods on one backend; where it is measured beside stock tfjs and, on WebGPU, LoRA on packed matrices. */
function openAll(
  backend: 'webgpu' | 'wasm',
  shape: Shape,
  isMeasured: boolean,
): { variants: StepVariant[]; dispose(): Promise<void> } {
  const { model, size, inputLength, labelLength } = shape;
  const config = modelShapes[model];
  const batch = fullBatch(config, size, inputLength, labelLength);
  const weights = new Map<MatrixStore, Map<string, tf.Tensor>>();
  const steps: RepeatedStep[] = [];
  const variant = (
    name: string,
    method: Method,
    open: typeof openGraftStep,
    base: MatrixStore = 'f32',
  ): StepVariant => {
    let step: RepeatedStep | undefined;
    const runHere = async (): Promise<number> => {
      await tf.setBackend(backend);
      if (step === undefined) {
        const tensors = weights.get(base) ?? randomWeights(config, base);
        weights.set(base, tensors);
        step = open(config, tensors, method, batch);
        steps.push(step);
      }
      return step.run();
    };
    const run = async (): Promise<number> => (open === openPlainStep ? onStock(backend, runHere) : runHere());
    return { name, base, loss: run, run: async () => void (await run()) };
  };
  const ofBoth = (['lora', 'full'] as const).flatMap((method) => [
    variant(`Graft ${method} ${backend}`, method, openGraftStep),
    ...(isMeasured ? [variant(`stock ${method} ${backend}`, method, openPlainStep)] : []),
  ]);
  const packed = isMeasured && backend === 'webgpu' ? packedBases : [];
  return {
    variants: [
      ...ofBoth,
      ...packed.map((base) => variant(`Graft lora ${base}`, 'lora', openGraftStep, base)),
    ],
    async dispose() {
      await tf.setBackend(backend);
      for (const step of steps) step.dispose();
      tf.dispose([...weights.values()].flatMap((tensors) => [...tensors.values()]));
    },
  };
}

/** By how much a loss may differ for the rounding of the base's weights and of what is computed. */
const lossTolerance: Record<MatrixStore, number> = { f32: 1e-4, f16: 1e-3, i8: 3e-2 };

/** The first loss comes from the same weights everywhere; this is also the run in which kernels are compiled. */
async function expectSameLoss(variants: readonly StepVariant[]): Promise<void> {
  let first: number | undefined;
  for (const variant of variants) {
    const loss = await variant.loss();
    first ??= loss;
    expectClose(variant.name, [loss], [first], lossTolerance[variant.base]);
  }
}
