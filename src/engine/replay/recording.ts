/** The commands of a piece of work, to be given to the GPU again with other inputs and without the work's JavaScript. */
import * as tf from '@tensorflow/tfjs';
import type { TensorRecord, TfjsBackend } from '../tfjsBackend.ts';
import type { Weights } from '../weights.ts';
import type { LiveBlocks } from './liveBlocks.ts';
import type { StepInputs } from './stepInputs.ts';

/** A kernel, or anything else that is said to a command encoder. */
export type Command =
  | {
      readonly kind: 'dispatch';
      readonly pipeline: GPUComputePipeline;
      readonly group: GPUBindGroup;
      readonly workgroups: readonly [number, number, number];
    }
  | { readonly kind: 'transfer'; readonly encode: (encoder: GPUCommandEncoder) => void };

/** A tensor that the work uses and did not make. */
export interface OutsideTensor {
  readonly record: TensorRecord;
  readonly buffer: GPUBuffer;
  readonly offset: number;
}

/** The tensors that work finds by name or changes. */
export interface Surroundings {
  /** All that it may change. */
  readonly variables: readonly tf.Variable[];
  /** What else it looks up. */
  readonly weights: Weights;
}

/** A variable as the work found it. */
interface KnownVariable {
  readonly variable: tf.Variable;
  readonly dataId: object;
  readonly holders: number;
}

/** A tensor that the work returned. */
export interface OutputPlace {
  readonly buffer: GPUBuffer;
  readonly shape: number[];
  readonly dtype: tf.DataType;
}

export interface RecordingParts {
  readonly commands: readonly Command[];
  /** Buffers of inputs, and which input each gets. */
  readonly uploads: readonly { readonly buffer: GPUBuffer; readonly input: number }[];
  readonly live: LiveBlocks;
  /** Buffers of the pool that the work took and gave back. */
  readonly borrowed: readonly GPUBuffer[];
  /** Buffers that belong to the recording: uploads and uniforms. */
  readonly own: readonly GPUBuffer[];
  readonly outside: readonly OutsideTensor[];
  readonly outputs: readonly OutputPlace[];
}

/**
 * Memory: between steps the buffers that a step computes in lie free in the pool. A recording holds none of them; it can be
 * replayed as long as it finds all of them free, and any number of recordings share them.
 */
export class Recording {
  private readonly gpu: TfjsBackend;
  private readonly parts: RecordingParts;
  private readonly weights: Weights;
  private readonly knownWeights: readonly tf.Tensor[];
  private readonly knownVariables: readonly KnownVariable[];
  readonly ownBytes: number;

  constructor(gpu: TfjsBackend, parts: RecordingParts, { variables, weights }: Surroundings) {
    this.gpu = gpu;
    this.parts = parts;
    this.weights = weights;
    this.knownWeights = [...weights.values()];
    this.knownVariables = variables.map((variable) => {
      const { dataId } = variable;
      return { variable, dataId, holders: gpu.tensorMap.get(dataId).refCount };
    });
    this.ownBytes = parts.own.reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether everything that the commands refer to is as it was. */
  fits(): boolean {
    const { borrowed, outside } = this.parts;
    return (
      this.gpu.bufferManager.areFree(borrowed) &&
      [...this.weights.values()].every((tensor, i) => tensor === this.knownWeights[i]) &&
      outside.every(
        ({ record, buffer, offset }) => record.resource === buffer && (record.offset ?? 0) === offset,
      ) &&
      this.knownVariables.every(
        ({ variable, dataId, holders }) =>
          variable.dataId === dataId && this.gpu.tensorMap.get(dataId).refCount === holders,
      )
    );
  }

  /** Records the commands into tfjs's encoder and returns what the work would have; only where it `fits`. */
  replay(inputs: StepInputs): tf.Tensor[] {
    const { commands, uploads, live, borrowed, outputs } = this.parts;
    const { queue } = this.gpu.device;
    for (const { buffer, input } of uploads) {
      queue.writeBuffer(buffer, 0, inputs.arrays[input] as Float32Array<ArrayBuffer>);
    }
    live.write(inputs);
    this.gpu.bufferManager.touch(borrowed);
    encodeAll(this.gpu, commands);
    return outputs.map((place) => this.claim(place));
  }

  /** Gives back what belongs to it. No command may be waiting for its submit. */
  dispose(): void {
    this.gpu.bufferManager.unkeep(this.parts.own);
  }

  private claim({ buffer, shape, dtype }: OutputPlace): tf.Tensor {
    const info = this.gpu.makeTensorInfo(shape, dtype);
    this.gpu.bufferManager.take(buffer, 4 * tf.util.sizeFromShape(shape));
    this.gpu.tensorMap.get(info.dataId).resource = buffer;
    this.gpu.commandQueueOwnedIds.add(info.dataId);
    return tf.engine().makeTensorFromTensorInfo(info);
  }
}

function encodeAll(gpu: TfjsBackend, commands: readonly Command[]): void {
  let pass: GPUComputePassEncoder | null = null;
  let pipeline: GPUComputePipeline | null = null;
  const batchSize = tf.env().get('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE') as number;
  for (const command of commands) {
    gpu.ensureCommandEncoderReady();
    if (command.kind === 'transfer') {
      gpu.endComputePassEncoder();
      command.encode(gpu.commandEncoder!);
      continue;
    }
    const current = (gpu.computePassEncoder ??= gpu.commandEncoder!.beginComputePass());
    if (current !== pass) pipeline = null;
    pass = current;
    const [x, y, z] = command.workgroups;
    if (command.pipeline !== pipeline) pass.setPipeline((pipeline = command.pipeline));
    pass.setBindGroup(0, command.group);
    pass.dispatchWorkgroups(x, y, z);
    if (++gpu.dispatchCountInPass >= batchSize) {
      gpu.endComputePassEncoder();
      gpu.submitQueue();
    }
  }
}
