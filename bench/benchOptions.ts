import type { Turns } from './alternate.ts';

/** What one run of the bench was asked for. */
export interface BenchOptions {
  readonly backend: 'webgpu' | 'wasm';
  /** Tiny shapes and few rounds: does everything run? Its numbers mean nothing. */
  readonly isQuick: boolean;
  /** Only the memory case: flan-t5-base instead of the starter. */
  readonly isLarge: boolean;
  /** Only shapes of this model, in the cases `block` and `step`; null for all. */
  readonly model: string | null;
  /** Only this product, as `512x512x512`, in the case `matmul`; null for all. */
  readonly product: string | null;
  /** On WASM: several threads. */
  readonly hasThreads: boolean;
  readonly turns: Turns;
  /** On WASM: also measure the same on WebGPU, which needs a browser. */
  readonly hasPeersOnWebgpu: boolean;
}
