/** Where the time of a training step goes, kernel by kernel; a table on the console instead of rows. */
import * as tf from '@tensorflow/tfjs';
import type { KernelProfile } from '../../src/engine/profile/kernelTimes.ts';
import { profileKernels } from '../../src/engine/profile/profileKernels.ts';
import { fullBatch } from '../../src/training/repeatedStep.ts';
import { openGpuDevice } from '../gpuDevice.ts';
import { askedShapes } from '../askedShapes.ts';
import type { BenchOptions } from '../benchOptions.ts';
import { openGraftStep } from '../graftStep.ts';
import { modelShapes, randomWeights } from '../models.ts';
import type { BenchRow } from '../row.ts';
import { openWasmDevice } from '../wasmDevice.ts';

const fullShape = { model: 'starter', size: 4, inputLength: 256, labelLength: 64 } as const;
const quickShape = { model: 'tiny', size: 2, inputLength: 8, labelLength: 4 } as const;

/** Both methods over the same batch. */
export async function benchProfile(options: BenchOptions): Promise<BenchRow[]> {
  const { isQuick, backend } = options;
  const device = backend === 'wasm' ? await openWasmDevice(options) : await openGpuDevice();
  const [{ model, size, inputLength, labelLength }] = askedShapes(
    [isQuick ? quickShape : fullShape],
    options,
  ) as [typeof fullShape | typeof quickShape];
  const config = modelShapes[model];
  const weights = randomWeights(config);
  for (const method of ['lora', 'full'] as const) {
    const step = openGraftStep(config, weights, method, fullBatch(config, size, inputLength, labelLength));
    await step.run();
    await step.run();
    const profile = await profileKernels(() => step.run());
    step.dispose();
    const title = `${method} step, ${model} ${size}x${inputLength}/${labelLength}, ${backend}`;
    console.info(profileText(title, profile));
  }
  tf.dispose([...weights.values()]);
  device.close();
  return [];
}

function profileText(title: string, { kernels, kernelMs, totalMs }: KernelProfile): string {
  const lines = kernels.map(({ name, calls, ms, share }) => {
    const cells = [
      String(calls).padStart(6),
      ms.toFixed(1).padStart(10),
      `${(100 * share).toFixed(1)} %`.padStart(8),
    ];
    return `${name.padEnd(44)}${cells.join('')}`;
  });
  const head = `${'kernel'.padEnd(44)} calls        ms   share`;
  const sum = `${kernelMs.toFixed(1)} ms in kernels, ${totalMs.toFixed(1)} ms in all`;
  return [`\n${title}: ${sum}`, head, ...lines].join('\n');
}
