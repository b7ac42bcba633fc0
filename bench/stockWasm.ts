/** tfjs's own WASM kernels, in whose place the engine puts others. */
import * as tf from '@tensorflow/tfjs';
import { registerWasmKernels } from '../src/engine/wasmKernels.ts';

const names = ['BatchMatMul', 'Sum', 'Mean', 'Tanh'];
const kernelsNow = () => names.map((name) => tf.getKernel(name, 'wasm'));
const stock = kernelsNow();
registerWasmKernels();
const ours = kernelsNow();
if (stock.some((kernel, i) => kernel === ours[i]))
  throw new Error('The engine replaced its kernels too early.');

/** Runs `work` on tfjs's own kernels; others may not compute meanwhile. */
export async function withStockWasm<T>(work: () => Promise<T>): Promise<T> {
  install(stock);
  try {
    return await work();
  } finally {
    install(ours);
  }
}

function install(kernels: readonly tf.KernelConfig[]): void {
  for (const kernel of kernels) {
    tf.unregisterKernel(kernel.kernelName, 'wasm');
    tf.registerKernel(kernel);
  }
}
