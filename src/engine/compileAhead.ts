/**
 * Kernels compiled before they are needed. WebGPU advises it: a pipeline that is asked for at its use holds up the queue until
 * it is compiled, and so the next one, where a browser may compile those asked for ahead beside each other
 * (https://www.w3.org/TR/webgpu/#dom-gpudevice-createcomputepipelineasync).
 */
import type { Job } from '../lib/progress.ts';
import { compiles, type KernelTexts } from './runtime.ts';

/** Kernels that are compiled beside each other. */
const mostAtOnce = 8;

/** Compiles for the present device; one that it does not take is reported where it is needed. WebGPU only. */
export async function compileAhead(kernels: KernelTexts, { signal, onProgress }: Job): Promise<void> {
  const waiting = [...kernels];
  let done = 0;
  const tell = (): void =>
    onProgress?.({ phase: 'Compiling kernels', done, total: kernels.size, unit: 'kernels' });
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      signal?.throwIfAborted();
      await compiles(...next);
      done++;
      tell();
    }
  };
  tell();
  await Promise.all(Array.from({ length: mostAtOnce }, work));
}
