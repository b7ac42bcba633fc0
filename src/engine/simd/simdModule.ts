/** Graft's own kernels for tfjs's WASM backend: a small module that computes in that backend's memory. */
import type { EmscriptenModule } from '../wasmBackend.ts';
import { FUSED_MODULE, PLAIN_MODULE } from './simdBytes.ts';

/** Matrices are addresses in the memory, strides are in bytes; see assembly/products.ts. */
export interface SimdKernels {
  /** C = A·B; A [m,k] and B [k,n] with any strides, C [m,n] dense. */
  multiply(
    a: number,
    b: number,
    c: number,
    m: number,
    n: number,
    k: number,
    aRow: number,
    aColumn: number,
    bRow: number,
    bColumn: number,
  ): void;
  /** C = A·Bᵀ for small m; A [m,k], B [n,k] and C [m,n] are dense, k is a multiple of 4 and n at least 4. */
  multiplyFewRows(a: number, b: number, c: number, m: number, n: number, k: number): void;
  /** One step of AdamW over `count` numbers, a multiple of 4, in place: see assembly/adamw.ts. */
  adamw(
    parameter: number,
    momentum: number,
    variance: number,
    gradient: number,
    count: number,
    gradientScale: number,
    rate: number,
    decay: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    epsilon: number,
    first: number,
    second: number,
  ): void;
  /** Whether products and sums are rounded together. */
  readonly isFused: boolean;
}

interface Exports {
  scratchBytes(): number;
  multiply(...values: number[]): void;
  multiplyFewRows(...values: number[]): void;
  adamw(...values: number[]): void;
}

const opened = new WeakMap<EmscriptenModule, SimdKernels | null>();

/** The kernels in a backend's memory; null where it is shared among threads or full, or the engine has no SIMD. */
export function simdKernels(module: EmscriptenModule): SimdKernels | null {
  let kernels = opened.get(module);
  if (kernels === undefined) {
    kernels = openSimdKernels(module, { isFused: hasRelaxedSimd() });
    opened.set(module, kernels);
  }
  return kernels;
}

/** Whether the engine has relaxed SIMD, in Chrome since 114. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(bytesOf(FUSED_MODULE));
}

/** As `simdKernels`, opened anew and with what is asked for; takes 650 KB of the memory. */
export function openSimdKernels(
  module: EmscriptenModule,
  { isFused }: { isFused: boolean },
): SimdKernels | null {
  const memory = module.asm?.['memory'];
  if (!(memory instanceof WebAssembly.Memory) || !(memory.buffer instanceof ArrayBuffer)) return null;
  const bytes = bytesOf(isFused ? FUSED_MODULE : PLAIN_MODULE);
  if (!WebAssembly.validate(bytes)) return null;
  const abort = (): never => {
    throw new Error('A SIMD kernel failed.');
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory, abort } });
  const exports = instance.exports as unknown as Exports;
  const scratch = module._malloc(exports.scratchBytes());
  if (scratch === 0) return null; // no memory left
  return {
    multiply: (...values) => exports.multiply(...values, scratch),
    multiplyFewRows: (...values) => exports.multiplyFewRows(...values),
    adamw: (...values) => exports.adamw(...values),
    isFused,
  };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
