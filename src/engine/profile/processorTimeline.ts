/** Times every tfjs kernel of a backend that computes at once, as WASM and CPU do: their kernels return when done. */
import * as tf from '@tensorflow/tfjs';
import type { KernelCall } from './kernelTimes.ts';

/** A watch on a backend's kernels. */
export interface ProcessorTimeline {
  /** Ends the watch; calls in the order in which they ended. Kernels called by kernels count for themselves only. */
  end(): KernelCall[];
}

/** Begins to watch. tfjs asks the registered kernel for its function at each call, so that it can be exchanged there. */
export function watchProcessor(backendName: string): ProcessorTimeline {
  const calls: KernelCall[] = [];
  const kernels = tf.getKernelsForBackend(backendName);
  const originals = kernels.map(({ kernelFunc }) => kernelFunc);
  let innerMs = 0;
  for (const kernel of kernels) {
    const original = kernel.kernelFunc;
    kernel.kernelFunc = (given) => {
      const startedAt = performance.now();
      const outerMs = innerMs;
      innerMs = 0;
      try {
        return original(given);
      } finally {
        const ms = performance.now() - startedAt;
        calls.push({ name: kernel.kernelName, ms: ms - innerMs });
        innerMs = outerMs + ms;
      }
    };
  }
  return {
    end() {
      for (const [i, kernel] of kernels.entries()) kernel.kernelFunc = originals[i]!;
      return calls;
    },
  };
}
