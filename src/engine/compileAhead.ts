/**
 * Kernels compiled before they are needed. A browser compiles what is needed at once one after the other, on the thread that
 * also draws the page: with a hundred kernels a person would wait for a page that stands still.
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
