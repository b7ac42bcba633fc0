/** Gets a device ready for products in 16 bits. */
import type { Device } from '../engine/device.ts';
import { canMultiplyHalves } from '../engine/ops/linear/matmulKernels.ts';
import { ProblemError } from '../lib/problem.ts';
import { tuneAdapter } from './keptTuning.ts';

/** Chooses the kernels. Throws a ProblemError where the device multiplies in 32 bits only. */
export async function prepareHalfProducts({ kind, isSoftware, name, features }: Device): Promise<void> {
  if (kind !== 'webgpu' || isSoftware || !canMultiplyHalves()) {
    throw new ProblemError({
      code: 'fp16-unsupported',
      message: `This device (${name}) multiplies in 32 bits only.`,
      fix: 'Switch off 16-bit products in the settings of the run.',
      column: 'fp16',
    });
  }
  await tuneAdapter({ name, features, browser: navigator.userAgent, bits: 16 });
}
