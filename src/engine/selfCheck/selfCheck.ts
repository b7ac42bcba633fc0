/** Checks the kernels on the device at hand before it is trusted with a run. */
import * as tf from '@tensorflow/tfjs';
import { ProblemError } from '../../lib/problem.ts';
import type { Job } from '../../lib/progress.ts';
import type { ProductBits } from '../ops/linear/matmulKernels.ts';
import { compileAhead } from '../compileAhead.ts';
import { reductionStyle, type KernelTexts } from '../runtime.ts';
import { checkOp, kernelsOfCase } from './checkOp.ts';
import type { OpCase } from './opCase.ts';
import { halfCases, opCases, trainingCases } from './opCases.ts';
import type { OpVerdict } from './opVerdict.ts';

/** Every op with kernels, `perOp` random sizes each, against plain tfjs on the processor. WebGPU only; else empty. */
export async function checkKernels(seed: number, perOp: number, job: Job): Promise<OpVerdict[]> {
  const verdicts: OpVerdict[] = [];
  for await (const verdict of verdictsOf(opCases(seed, perOp), job)) verdicts.push(verdict);
  return verdicts;
}

/** The products of training with the kernels that were chosen for 16 bits, `perOp` random sizes each. WebGPU only; else empty. */
export async function checkHalfKernels(seed: number, perOp: number, job: Job): Promise<OpVerdict[]> {
  const verdicts: OpVerdict[] = [];
  for await (const verdict of verdictsOf(halfCases(seed, perOp), job, 16)) verdicts.push(verdict);
  return verdicts;
}

/** Every op of training once; throws a ProblemError that names the first which computes wrongly on this device. */
export async function refuseFaultyDevice(deviceName: string, job: Job): Promise<readonly OpVerdict[]> {
  const verdicts: OpVerdict[] = [];
  for await (const verdict of verdictsOf(trainingCases(1, 1), job)) {
    verdicts.push(verdict);
    if (verdict.fault === undefined) continue;
    throw new ProblemError({
      code: 'device-computes-wrongly',
      message: `This GPU (${deviceName}) computes wrongly: in ${verdict.op} (${verdict.sizes}) ${verdict.fault}.`,
      fix: 'Update the graphics driver or browser, or train on WASM; what a wrong GPU learns is worthless.',
    });
  }
  return verdicts;
}

async function* verdictsOf(
  cases: readonly OpCase[],
  job: Job,
  bits: ProductBits = 32,
): AsyncGenerator<OpVerdict> {
  if (tf.getBackend() !== 'webgpu') return;
  // An emulated GPU compiles one after the other anyway.
  if (reductionStyle() !== 'invocation') await compileAhead(kernelsOfCases(cases, bits), job);
  for (const [done, opCase] of cases.entries()) {
    job.signal?.throwIfAborted();
    job.onProgress?.({ phase: 'Checking kernels', done, total: cases.length, unit: 'kernels' });
    yield await checkOp(opCase, 'webgpu', bits);
  }
}

function kernelsOfCases(cases: readonly OpCase[], bits: ProductBits): KernelTexts {
  return new Map(cases.flatMap((opCase) => [...kernelsOfCase(opCase, bits)]));
}
