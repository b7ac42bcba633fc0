/**
 * tfjs's WASM backend multiplies a batch of matrices with a plain loop, single ones with XNNPACK, several times as fast.
 * This takes its place for batches: one XNNPACK product per matrix, on views into the batch, so that nothing is copied.
 */
import * as tf from '@tensorflow/tfjs';

/** The parts of tfjs's WASM backend used here, some of them private in its types. */
interface WasmBackend {
  dataIdNextNumber: number;
  dataIdMap: { get(id: object): { id: number; memoryOffset: number } };
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo;
  wasm: {
    cwrap(this: void, name: string, result: null, parameters: string[]): BatchMatMul;
    tfjs: { registerTensor(id: number, size: number, offset: number): void; disposeData(id: number): void };
  };
}

type BatchMatMul = (
  a: number,
  aShape: Uint8Array,
  aRank: number,
  b: number,
  bShape: Uint8Array,
  bRank: number,
  transposeA: boolean,
  transposeB: boolean,
  out: number,
) => void;

let isRegistered = false;

/** Puts the kernel in tfjs's place; call it before the backend starts. Anything but plain batches stays tfjs's. */
export function registerBatchedMatmul(): void {
  if (isRegistered) return;
  isRegistered = true;
  const stock = tf.getKernel('BatchMatMul', 'wasm');
  let multiply: BatchMatMul | undefined;
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({
    kernelName: 'BatchMatMul',
    backendName: 'wasm',
    setupFunc(backend) {
      stock.setupFunc?.(backend);
      const { cwrap } = (backend as unknown as WasmBackend).wasm;
      multiply = cwrap('BatchMatMul', null, [
        'number',
        'array',
        'number',
        'number',
        'array',
        'number',
        'number',
        'number',
        'number',
      ]);
    },
    kernelFunc(given) {
      const { a, b } = given.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
      const { transposeA, transposeB } = given.attrs as unknown as Record<string, boolean>;
      const isPlain = transposeA !== true && transposeB !== true;
      if (!isPlain || !isEqualBatch(a, b) || multiply === undefined) return stock.kernelFunc(given);
      return multiplyEach(given.backend as WasmBackend, multiply, a, b);
    },
  });
}

/** More than one matrix on both sides, and as many. */
function isEqualBatch(a: tf.TensorInfo, b: tf.TensorInfo): boolean {
  const lead = a.shape.slice(0, -2);
  const isEqual = a.shape.length === b.shape.length && lead.every((length, i) => length === b.shape[i]);
  return isEqual && tf.util.sizeFromShape(lead) > 1 && a.dtype === 'float32' && b.dtype === 'float32';
}

/** a [...,M,K] · b [...,K,N] -> [...,M,N] */
function multiplyEach(
  backend: WasmBackend,
  multiply: BatchMatMul,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
): tf.TensorInfo {
  const lead = a.shape.slice(0, -2);
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1)!;
  const output = backend.makeOutput([...lead, m, n], 'float32');
  const [left, right, product] = [
    viewsOf(backend, a, m * k),
    viewsOf(backend, b, k * n),
    viewsOf(backend, output, m * n),
  ];
  const aShape = bytesOf([1, m, k]);
  const bShape = bytesOf([1, k, n]);
  const count = tf.util.sizeFromShape(lead);
  for (let i = 0; i < count; i++) {
    multiply(left.at(i), aShape, 3, right.at(i), bShape, 3, false, false, product.at(i));
    for (const views of [left, right, product]) views.drop();
  }
  return output;
}

/** Matrices of a batch under ids of their own, one at a time: XNNPACK keeps a matrix B in its own form under its id. */
function viewsOf(
  backend: WasmBackend,
  tensor: tf.TensorInfo,
  size: number,
): { at(i: number): number; drop(): void } {
  const { memoryOffset } = backend.dataIdMap.get(tensor.dataId);
  let id = 0;
  return {
    at(i) {
      id = backend.dataIdNextNumber++;
      backend.wasm.tfjs.registerTensor(id, size, memoryOffset + 4 * i * size);
      return id;
    },
    drop: () => backend.wasm.tfjs.disposeData(id),
  };
}

function bytesOf(shape: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(shape).buffer);
}
