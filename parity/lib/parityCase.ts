/** What a case is: a function from the folder that its Python half wrote to the lines of the table. */
import type { Folder } from './folder.ts';

/** One comparison. It passes when `error` is at most `tolerance`; a NaN does not. */
export interface Line {
  readonly name: string;
  readonly ours: number | string;
  readonly reference: number | string;
  readonly error: number;
  readonly tolerance: number;
}

export interface ParityContext {
  readonly backend: 'webgpu' | 'wasm';
  readonly seed: number;
  readonly isQuick: boolean;
}

export interface ParityCase {
  /** Whether it computes on the device; if not, it runs once however many backends are asked for. */
  readonly usesDevice: boolean;
  run(folder: Folder, context: ParityContext): AsyncIterable<Line>;
}
