/**
 * Starts tfjs's WASM backend with one thread or several, whichever multiplies faster here and now. Several are not always
 * faster: they wait for each other by spinning, which on a machine with few cores and other work takes longer than it saves.
 */
import * as tf from '@tensorflow/tfjs';
import { getThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { registerWasmKernels } from './wasmKernels.ts';
import { startThreadedWasm, usefulThreads, type ThreadedFiles } from './wasmThreads.ts';

/** tfjs's own start, as its package registered it. */
const startSingleThread = tf.findBackendFactory('wasm');

/** Threads are taken only where they save at least this share of the time. */
const LEAST_GAIN = 0.1;

/** Makes WASM the present backend; resolves with its number of threads, or 0 when it does not start at all. */
export async function startWasm(files: ThreadedFiles | undefined): Promise<number> {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // tfjs's own way to start threads, which ours replaces
  registerWasmKernels();
  if (!(await startBy(startSingleThread))) return 0;
  if (files === undefined || !globalThis.crossOriginIsolated) return 1;
  const count = usefulThreads();
  if (count === 1) return 1;

  const singleMs = await productMs();
  const hasThreads = await startBy(() => startThreadedWasm(files, count));
  if (hasThreads && (await productMs()) < (1 - LEAST_GAIN) * singleMs) return Math.max(1, getThreadsCount());
  return (await startBy(startSingleThread)) ? 1 : 0;
}

function startBy(start: ReturnType<typeof tf.findBackendFactory>): Promise<boolean> {
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', start, 2);
  return tf.setBackend('wasm');
}

/** The median time of a product as training has many of them: 256 rows through a layer of 512 by 512. */
async function productMs(): Promise<number> {
  const x = tf.ones<tf.Rank.R2>([256, 512]);
  const weight = tf.ones<tf.Rank.R2>([512, 512]);
  const times: number[] = [];
  for (let i = 0; i < 8; i++) {
    const startedAt = performance.now();
    const product = tf.matMul(x, weight);
    await product.data();
    times.push(performance.now() - startedAt);
    product.dispose();
  }
  tf.dispose([x, weight]);
  const [, ...warm] = times; // the first also lays the weight out
  return warm.sort((a, b) => a - b)[warm.length >> 1]!;
}
