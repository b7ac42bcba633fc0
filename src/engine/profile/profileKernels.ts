/** Where the time of a piece of work goes, kernel by kernel, on whichever backend is present. */
import * as tf from '@tensorflow/tfjs';
import { ProblemError } from '../../lib/problem.ts';
import { isWebgpu } from '../runtime.ts';
import { backend } from '../tfjsBackend.ts';
import { watchGpu } from './gpuTimeline.ts';
import { sumCalls, type KernelCall, type KernelProfile } from './kernelTimes.ts';
import { watchProcessor } from './processorTimeline.ts';

/**
 * Runs `work` and times its kernels, to the end of the last one. Run it once before: first calls compile. Throws a ProblemError on a GPU without timestamp queries: a step is recorded as a whole, so that from outside
 * no kernel's time can be told from another's.
 */
export async function profileKernels(work: () => Promise<unknown>): Promise<KernelProfile> {
  if (isWebgpu() && !backend().device.features.has('timestamp-query')) {
    throw new ProblemError({
      code: 'no-timestamp-query',
      message:
        'This GPU or browser has no timestamp queries, so the time of single kernels cannot be measured.',
      fix: 'Use a current Chrome or Edge; or profile on WASM.',
    });
  }
  const watch = isWebgpu() ? watchGpu() : watchProcessor(tf.getBackend());
  const startedAt = performance.now();
  let calls: KernelCall[] = [];
  try {
    await work();
  } finally {
    calls = await watch.end(); // waits for all that was recorded
  }
  return sumCalls(calls, performance.now() - startedAt);
}
