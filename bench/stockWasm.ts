/** tfjs's own WASM kernels, in whose place the engine puts others. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { stockKernels } from '../src/engine/wasmBackend.ts';
import { registerWasmKernels } from '../src/engine/wasmKernels.ts';

registerWasmKernels();
const stock = [...stockKernels.values()];
const ours = stock.map(({ kernelName }) => tf.getKernel(kernelName, 'wasm'));

/** Runs `work` on tfjs's own kernels where it computes on WASM; nothing else may compute meanwhile. */
export async function onStock<T>(backend: 'webgpu' | 'wasm', work: () => Promise<T>): Promise<T> {
  if (backend !== 'wasm') return work();
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
