/**
 * The private parts of tfjs-backend-wasm 4.22 that Graft relies on, in one place, and how kernels of it are replaced; the version
 * is pinned.
 */
import * as tf from '@tensorflow/tfjs';

/** What is used of the module that emscripten made of the backend. */
export interface EmscriptenModule {
  /** Its exports, the memory among them. */
  asm?: Record<string, unknown>;
  _malloc(bytes: number): number;
  cwrap(
    this: void,
    name: string,
    result: null,
    parameters: string[],
  ): (...values: (number | boolean | Uint8Array)[]) => void;
  tfjs: { registerTensor(id: number, size: number, offset: number): void; disposeData(id: number): void };
}

/** The parts of tfjs's WASM backend used here, some of them private in its types. */
export interface WasmBackend {
  dataIdNextNumber: number;
  dataIdMap: { get(id: object): { id: number; memoryOffset: number } };
  wasm: EmscriptenModule;
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  /** A view, which the next allocation may leave without memory. */
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array;
  incRef(id: object): void;
  refCount(id: object): number;
  disposeData(id: object): void;
}

/** tfjs's present backend, which must be WASM. */
export function wasmBackend(): WasmBackend {
  return tf.backend() as unknown as WasmBackend;
}

/** Where a tensor begins in the heap. */
export function addressOf(backend: WasmBackend, { dataId }: tf.TensorInfo): number {
  return backend.dataIdMap.get(dataId).memoryOffset;
}

type Replacement = Pick<tf.KernelConfig, 'kernelFunc'> & Partial<Pick<tf.KernelConfig, 'setupFunc'>>;

const stock = new Map<string, tf.KernelConfig>();

/** tfjs's kernels that others took the place of, by name. */
export const stockKernels: ReadonlyMap<string, tf.KernelConfig> = stock;

/** Puts a kernel in tfjs's place, once; call it before the backend starts. `make` gets tfjs's, for what stays with it. */
export function replaceWasmKernel(name: string, make: (stock: tf.KernelConfig) => Replacement): void {
  if (stock.has(name)) return;
  const own = tf.getKernel(name, 'wasm');
  stock.set(name, own);
  tf.unregisterKernel(name, 'wasm');
  tf.registerKernel({ ...own, ...make(own) });
}
