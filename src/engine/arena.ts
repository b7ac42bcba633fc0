/**
 * Many tensors in one GPU buffer, so that one dispatch can update them all. The tensors stay what they were, each seeing
 * its own part; kernels that want everything bind the whole.
 */
import type * as tf from '@tensorflow/tfjs';
import { submitRecorded } from './runtime.ts';
import { backend, bindingOf, tensorBytes, type TfjsBackend } from './tfjsBackend.ts';

/** Parts begin at multiples of this many floats: WebGPU wants bindings to begin at multiples of 256 bytes. */
const partFloats = 64;

/** Where tensors of these sizes lie in one buffer, and its length; all in floats. */
export interface ArenaLayout {
  readonly offsets: readonly number[];
  readonly floatCount: number;
}

/** Lays tensors out one after the other. */
export function arenaLayout(sizes: readonly number[]): ArenaLayout {
  const offsets: number[] = [];
  let floatCount = 0;
  for (const size of sizes) {
    offsets.push(floatCount);
    floatCount += Math.ceil(size / partFloats) * partFloats;
  }
  return { offsets, floatCount };
}

/** Tensors that live in one buffer. It is freed with the last of them. */
export class Arena {
  /** All of it as one float32 tensor that tfjs does not count; gaps are 0 and stay so under any elementwise update of 0. */
  readonly whole: tf.TensorInfo;
  private readonly gpu: TfjsBackend;
  private memberCount: number;

  /** Moves float32 tensors (their content goes along) into a new buffer. */
  constructor(tensors: readonly tf.Tensor[]) {
    const gpu = backend();
    this.gpu = gpu;
    this.memberCount = tensors.length;
    const layout = arenaLayout(tensors.map(({ size }) => size));
    this.whole = gpu.makeTensorInfo([layout.floatCount], 'float32');
    copyInto(this.whole, tensors, layout);
    submitRecorded(); // before the old buffers go back to the pool
    for (const [i, { dataId }] of tensors.entries()) {
      gpu.releaseResource(dataId);
      const record = gpu.tensorMap.get(dataId);
      record.resource = gpu.tensorMap.get(this.whole.dataId).resource!;
      record.offset = layout.offsets[i]! * 4;
      record.arena = this;
    }
  }

  /** Whether a tensor still lives here: assigning to a variable gives it another buffer. */
  holds(tensor: tf.Tensor): boolean {
    return this.gpu.tensorMap.get(tensor.dataId).arena === this;
  }

  /** Called when a tensor leaves. */
  drop(): void {
    if (--this.memberCount === 0) this.gpu.disposeData(this.whole.dataId);
  }
}

/** Copies tensors to their places in `whole`; the gaps become 0. */
export function copyInto(
  whole: tf.TensorInfo,
  tensors: readonly tf.Tensor[],
  { offsets }: ArenaLayout,
): void {
  const gpu = backend();
  const target = bindingOf(gpu, whole);
  const sources = tensors.map((tensor) => bindingOf(gpu, tensor));
  gpu.ensureCommandEncoderReady();
  gpu.endComputePassEncoder();
  const encoder = gpu.commandEncoder!;
  encoder.clearBuffer(target.buffer, target.offset, target.size);
  gpu.commandQueueOwnedIds.add(whole.dataId);
  for (const [i, tensor] of tensors.entries()) {
    const { buffer, offset } = sources[i]!;
    const bytes = tensorBytes(tensor);
    encoder.copyBufferToBuffer(buffer, offset, target.buffer, target.offset + offsets[i]! * 4, bytes);
    gpu.commandQueueOwnedIds.add(tensor.dataId);
  }
}
