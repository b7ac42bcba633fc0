/** Gets a device ready for products in 16 bits. */
import type { Device } from '../engine/device.ts';
import { canMultiplyHalves } from '../engine/ops/linear/matmulKernels.ts';
import { checkHalfKernels } from '../engine/selfCheck/selfCheck.ts';
import type { OpVerdict } from '../engine/selfCheck/opVerdict.ts';
import { ProblemError } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { tuneAdapter } from './keptTuning.ts';
import { unlessAborted } from './unlessAborted.ts';

/** What is done with the device. */
export interface HalfProductWork {
  /** Whether it has kernels to choose from. */
  canMultiply(): boolean;
  /** Chooses the kernels. */
  tune(device: Device): Promise<void>;
  /** Tries what was chosen. */
  check(job: Job): Promise<readonly OpVerdict[]>;
}

const onDevice: HalfProductWork = {
  canMultiply: canMultiplyHalves,
  tune: ({ name, features }) => tuneAdapter({ name, features, browser: navigator.userAgent, bits: 16 }),
  check: (job) => checkHalfKernels(1, 1, job),
};

const prepared = new WeakSet<Device>();

/**
 * Chooses the kernels and checks them, once for each device. Throws a ProblemError where the device has none or they compute
 * wrongly. Returns early when the job is aborted: whoever aborts must not train then.
 */
export async function prepareHalfProducts(
  device: Device,
  job: Job,
  work: HalfProductWork = onDevice,
): Promise<void> {
  const { kind, isSoftware, name } = device;
  if (prepared.has(device)) return;
  if (kind !== 'webgpu' || isSoftware || !work.canMultiply()) {
    throw new ProblemError({
      code: 'fp16-unsupported',
      message: `The run asks for 16-bit products, and this device (${name}) multiplies in 32 bits only.`,
      fix: 'Switch them off in the settings of the run; a run that began with them goes on only on a GPU that has them.',
    });
  }
  await work.tune(device);
  const verdicts = await unlessAborted(job, () => work.check(job));
  if (verdicts === undefined) return;
  const fault = verdicts.find((verdict) => verdict.fault !== undefined);
  if (fault !== undefined) {
    throw new ProblemError({
      code: 'device-computes-wrongly',
      message: `This GPU (${name}) computes wrongly in 16 bits: in ${fault.op} (${fault.sizes}) ${fault.fault}.`,
      fix: 'Switch off 16-bit products in the settings of the run, or update the graphics driver or browser.',
    });
  }
  prepared.add(device);
}
