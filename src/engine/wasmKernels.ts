/** Kernels that tfjs-backend-wasm 4.22 lacks and T5 needs. */
import * as tf from '@tensorflow/tfjs';
import { replaceWasmKernel, type WasmBackend } from './wasmBackend.ts';
import { registerMatmul } from './wasmMatmul.ts';
import { registerReductions } from './wasmReductions.ts';
import { registerTanh } from './wasmTanh.ts';

/** Registers UnsortedSegmentSum (the gradient of gather), unless tfjs has it by now, faster products, exact sums, a faster
 *  tanh, and clones without copies. */
export function registerWasmKernels(): void {
  registerMatmul();
  registerReductions();
  registerTanh();
  registerIdentity();
  if (tf.getKernel('UnsortedSegmentSum', 'wasm') !== undefined) return;
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    kernelFunc: unsortedSegmentSum,
  });
}

/** tfjs copies what is cloned, and so all that waits for the backward pass; a clone shares its memory as a reshape does. */
function registerIdentity(): void {
  replaceWasmKernel('Identity', (stock) => ({
    kernelFunc(given) {
      const { dataId, shape, dtype } = given.inputs['x']!;
      if (dtype === 'string') return stock.kernelFunc(given);
      (given.backend as WasmBackend).incRef(dataId);
      return { dataId, shape, dtype };
    },
  }));
}

const unsortedSegmentSum: tf.KernelFunc = ({ inputs, backend, attrs }) => {
  const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
  const { numSegments } = attrs as unknown as { numSegments: number };
  const wasm = backend as WasmBackend;
  const inner = x.shape.slice(1);
  const innerSize = inner.reduce((size, length) => size * length, 1);
  // Allocating may grow the heap and move its memory: take views only afterwards.
  const output = wasm.makeOutput([numSegments, ...inner], 'float32');
  const sums = wasm.typedArrayFromHeap(output).fill(0);
  const values = wasm.typedArrayFromHeap(x);
  wasm.typedArrayFromHeap(segmentIds).forEach((segment, row) => {
    if (segment < 0 || segment >= numSegments) return;
    for (let i = 0; i < innerSize; i++) sums[segment * innerSize + i]! += values[row * innerSize + i]!;
  });
  return output;
};
