/** Gets a device ready for products in 16 bits. */
import type { Device } from '../engine/device.ts';
import { canMultiplyHalves } from '../engine/ops/linear/matmulKernels.ts';
import { checkHalfKernels } from '../engine/selfCheck/selfCheck.ts';
import { ProblemError } from '../lib/problem.ts';
import { tuneAdapter } from './keptTuning.ts';

/** Chooses the kernels and checks them. Throws a ProblemError where the device has none or they compute wrongly. */
export async function prepareHalfProducts({ kind, isSoftware, name, features }: Device): Promise<void> {
  if (kind !== 'webgpu' || isSoftware || !canMultiplyHalves()) {
    throw new ProblemError({
      code: 'fp16-unsupported',
      message: `The run asks for 16-bit products, and this device (${name}) multiplies in 32 bits only.`,
      fix: 'Switch them off in the settings of the run; a run that began with them goes on only on a GPU that has them.',
    });
  }
  await tuneAdapter({ name, features, browser: navigator.userAgent, bits: 16 });
  const fault = (await checkHalfKernels(1, 1, {})).find((verdict) => verdict.fault !== undefined);
  if (fault !== undefined) {
    throw new ProblemError({
      code: 'device-computes-wrongly',
      message: `This GPU (${name}) computes wrongly in 16 bits: in ${fault.op} (${fault.sizes}) ${fault.fault}.`,
      fix: 'Switch off 16-bit products in the settings of the run, or update the graphics driver or browser.',
    });
  }
}
