/** The bench's page: nothing to see; `scripts/bench.mjs` calls `runCase` on it. */
import type { BenchAnswer, BenchRequest } from './bench.worker.ts';
import type { BenchRow } from './row.ts';

function runCase(request: BenchRequest): Promise<BenchRow[]> {
  const worker = new Worker(new URL('./bench.worker.ts', import.meta.url), { type: 'module' });
  return new Promise<BenchRow[]>((resolve, reject) => {
    worker.addEventListener('error', (event) => reject(new Error(event.message)));
    worker.addEventListener('message', ({ data }: MessageEvent<BenchAnswer>) => {
      if ('rows' in data) resolve(data.rows);
      else reject(new Error(data.error));
    });
    worker.postMessage(request, []);
  }).finally(() => worker.terminate());
}

Object.assign(globalThis, { runCase });
