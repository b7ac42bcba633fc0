/**
 * What the engine tells whoever records its commands (commandRecorder.ts). Nobody does most of the time. Imports nothing,
 * so that everything may ask.
 */
import type { Uniforms } from '../kernelCache.ts';
import type { TensorRecord } from '../tfjsBackend.ts';
import type { LiveNumber } from './stepInputs.ts';

export interface ActiveRecorder {
  /** Stands for a new command encoder and passes on what it is told. */
  watchedEncoder(encoder: GPUCommandEncoder): GPUCommandEncoder;
  /** A command uses a tensor's buffer. */
  sawTensor(record: TensorRecord): void;
  /** A command writes a tensor's buffer. */
  sawWrite(record: TensorRecord): void;
  /** Values went from JavaScript into a buffer that was given out for them. */
  sawUpload(buffer: GPUBuffer, values: ArrayBufferView): void;
  /** A uniform block of one of tfjs's own kernels, whatever it holds. */
  sawStockUniforms(values: readonly ArrayLike<number>[]): void;
  /** A place of the network derives its seed from that of its pass. */
  sawSeed(seed: number, passSeed: number, site: string): void;
  /** The number that a seed turns into, as one that other steps have otherwise; undefined for a seed that was not seen. */
  liveNumber(seed: number, turn: (seed: number) => number): LiveNumber | undefined;
  /** A block of its own for uniforms among which are live numbers; undefined where there are none. */
  liveBlock(uniforms: Uniforms): Required<GPUBufferBinding> | undefined;
}

let active: ActiveRecorder | null = null;

/** Who records now. */
export function activeRecorder(): ActiveRecorder | null {
  return active;
}

/** Runs `work`, which awaits nothing, with a recorder. */
export function withRecorder<T>(recorder: ActiveRecorder, work: () => T): T {
  if (active !== null) throw new Error('Commands are being recorded already.');
  active = recorder;
  try {
    return work();
  } finally {
    active = null;
  }
}
