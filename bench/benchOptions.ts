import type { Turns } from './alternate.ts';
import type { BatchShape } from './askedShapes.ts';
import type { ModelName } from './models.ts';

/** Of A·B: rows of A, what is summed, columns of B. */
export interface ProductShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** What one run of the bench was asked for. */
export interface BenchOptions {
  readonly backend: 'webgpu' | 'wasm';
  /** Tiny shapes and few rounds: does everything run? Its numbers mean nothing. */
  readonly isQuick: boolean;
  /** Only the memory case: flan-t5-base instead of the starter. */
  readonly isLarge: boolean;
  /** This model instead of a case's own, where a case is about a model; null for its own. */
  readonly model: ModelName | null;
  /** This batch instead of a case's own, in `block`, `step`, `generation`, `memory` and `profile`; null for its own. */
  readonly batch: BatchShape | null;
  /** This product instead of the case `matmul`'s own; null for its own. */
  readonly product: ProductShape | null;
  /** On WASM: several threads. */
  readonly hasThreads: boolean;
  readonly turns: Turns;
  /** On WASM: also measure the same on WebGPU, which needs a browser. */
  readonly hasPeersOnWebgpu: boolean;
}
