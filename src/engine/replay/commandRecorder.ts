/**
 * Records the commands of a piece of work while it runs, Graft's kernels and tfjs's own alike. What the work uploads and what
 * its uniforms hold gets buffers that belong to the recording, so that nothing overwrites a constant between two replays.
 */
import type * as tf from '@tensorflow/tfjs';
import { deriveSeed } from '../../lib/prng.ts';
import type { Uniforms } from '../kernelCache.ts';
import { submitRecorded } from '../runtime.ts';
import { backend, type TensorRecord, type TfjsBackend } from '../tfjsBackend.ts';
import { withRecorder, type ActiveRecorder } from './activeRecorder.ts';
import { Fingerprint } from './fingerprint.ts';
import { LiveBlocks } from './liveBlocks.ts';
import { Recording, type Command, type OutputPlace, type Surroundings } from './recording.ts';
import { LiveNumber, type InputArray, type StepInputs } from './stepInputs.ts';

export interface Recorded {
  readonly outputs: tf.Tensor[];
  /** Null where the work did what cannot be replayed. */
  readonly recording: Recording | null;
  /** The same for two pieces of work that say the same to the GPU but for inputs and places in memory. */
  readonly fingerprint: number;
}

/**
 * Runs `work`, which issues GPU commands without awaiting anything, and records them. Its outputs are tensors of its own.
 */
export function recordCommands(
  inputs: StepInputs,
  surroundings: Surroundings,
  work: () => tf.Tensor[],
): Recorded {
  const gpu = backend();
  submitRecorded();
  const recorder = new CommandRecorder(gpu, inputs);
  try {
    const outputs = withRecorder(recorder, () => recorder.watch(work));
    submitRecorded(); // gives back what the work has disposed
    const recording = recorder.finish(outputs, surroundings);
    if (recording === null) recorder.discard();
    return { outputs, recording, fingerprint: recorder.fingerprint.value };
  } catch (error) {
    recorder.discard();
    throw error;
  }
}

class CommandRecorder implements ActiveRecorder {
  readonly fingerprint = new Fingerprint();
  private readonly gpu: TfjsBackend;
  private readonly inputs: StepInputs;
  private readonly commands: Command[] = [];
  private readonly uploads: { buffer: GPUBuffer; input: number }[] = [];
  private readonly live: LiveBlocks;
  private readonly borrowed = new Set<GPUBuffer>();
  private readonly own = new Set<GPUBuffer>();
  /** Tensors that commands use, with the buffer that each had first. */
  private readonly seen = new Map<TensorRecord, GPUBuffer>();
  /** Seed of a place → pass and place; null where two places share it. */
  private readonly seeds = new Map<number, { pass: number; site: string } | null>();
  private readonly liveNumbers = new Map<number, LiveNumber>();
  private isReplayable = true;

  constructor(gpu: TfjsBackend, inputs: StepInputs) {
    this.gpu = gpu;
    this.inputs = inputs;
    this.live = new LiveBlocks(gpu);
    this.isReplayable = new Set(inputs.seeds).size === inputs.seeds.length;
  }

  /** Runs `work` with all that it says to the encoder noted. */
  watch<T>(work: () => T): T {
    const pool = this.gpu.bufferManager;
    pool.onAcquire = (buffer, isKept) => (isKept ? this.own : this.borrowed).add(buffer);
    try {
      const result = work();
      submitRecorded();
      return result;
    } finally {
      pool.onAcquire = null;
    }
  }

  finish(outputs: readonly tf.Tensor[], surroundings: Surroundings): Recording | null {
    const { gpu, commands, uploads, live } = this;
    const places = outputs.map((tensor) => this.placeOf(tensor));
    const areApart = new Set(places.map((place) => place?.buffer)).size === places.length;
    const isWhole = places.every((place) => place !== null) && areApart;
    if (!isWhole || !this.isReplayable) return null;
    const outside = [...this.seen]
      .filter(([, buffer]) => !this.borrowed.has(buffer) && !this.own.has(buffer))
      .map(([record, buffer]) => ({ record, buffer, offset: record.offset ?? 0 }));
    return new Recording(
      gpu,
      {
        commands,
        uploads,
        live,
        borrowed: [...this.borrowed],
        own: [...this.own],
        outside,
        outputs: places,
      },
      surroundings,
    );
  }

  discard(): void {
    this.gpu.bufferManager.unkeep([...this.own]);
  }

  sawTensor(record: TensorRecord): void {
    const buffer = record.resource!;
    const first = this.seen.get(record);
    if (first === undefined) {
      this.seen.set(record, buffer);
      if (!this.borrowed.has(buffer) && !this.own.has(buffer)) this.fingerprint.addObject(record);
    } else if (first !== buffer) this.isReplayable = false; // it moved
  }

  sawWrite({ resource }: TensorRecord): void {
    if (this.own.has(resource!)) this.isReplayable = false; // the next replay would find a changed constant
  }

  sawUpload(buffer: GPUBuffer, values: ArrayBufferView): void {
    const input = this.inputs.arrays.indexOf(values as InputArray);
    this.fingerprint.add(input);
    if (input >= 0) this.uploads.push({ buffer, input });
    else this.fingerprint.addAll(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  sawStockUniforms(values: readonly ArrayLike<number>[]): void {
    for (const list of values) this.fingerprint.addAll(list);
  }

  sawSeed(seed: number, passSeed: number, site: string): void {
    const pass = this.inputs.seeds.indexOf(passSeed);
    if (pass < 0) return;
    const known = this.seeds.get(seed);
    const isSame = known === undefined || (known?.pass === pass && known.site === site);
    this.seeds.set(seed, isSame ? { pass, site } : null);
    if (!isSame) this.isReplayable = false;
  }

  liveNumber(seed: number, turn: (seed: number) => number): LiveNumber | undefined {
    const origin = this.seeds.get(seed);
    if (origin == null) return undefined;
    let number = this.liveNumbers.get(seed);
    if (number === undefined) {
      const { pass, site } = origin;
      number = new LiveNumber(turn(seed), ({ seeds }) => turn(deriveSeed(seeds[pass]!, site)));
      this.liveNumbers.set(seed, number);
    }
    return number;
  }

  liveBlock(uniforms: Uniforms): Required<GPUBufferBinding> | undefined {
    const { u32 = [], f32 = [] } = uniforms;
    this.fingerprint.addAll(u32.map((number) => (number instanceof LiveNumber ? -1 : number)));
    this.fingerprint.addAll(f32);
    return u32.some((number) => number instanceof LiveNumber) ? this.live.add(uniforms) : undefined;
  }

  watchedEncoder(encoder: GPUCommandEncoder): GPUCommandEncoder {
    const watched = {
      beginComputePass: (descriptor?: GPUComputePassDescriptor) =>
        this.watchedPass(encoder.beginComputePass(descriptor)),
      copyBufferToBuffer: (...given: [GPUBuffer, number, GPUBuffer, number, number]) => {
        this.transfer(encoder, given.slice(1), (target) => target.copyBufferToBuffer(...given));
      },
      clearBuffer: (...given: [GPUBuffer, number, number]) => {
        this.transfer(encoder, given.slice(1), (target) => target.clearBuffer(...given));
      },
      finish: () => encoder.finish(),
    };
    return watched as unknown as GPUCommandEncoder;
  }

  private transfer(
    encoder: GPUCommandEncoder,
    given: readonly unknown[],
    encode: (encoder: GPUCommandEncoder) => void,
  ): void {
    this.fingerprint.addAll(given.filter((part) => typeof part === 'number'));
    this.commands.push({ kind: 'transfer', encode });
    encode(encoder);
  }

  private watchedPass(pass: GPUComputePassEncoder): GPUComputePassEncoder {
    let pipeline: GPUComputePipeline | undefined;
    let group: GPUBindGroup | undefined;
    const watched = {
      setPipeline: (given: GPUComputePipeline) => {
        pipeline = given;
        pass.setPipeline(given);
      },
      setBindGroup: (index: number, given: GPUBindGroup) => {
        group = given;
        pass.setBindGroup(index, given);
      },
      dispatchWorkgroups: (x: number, y = 1, z = 1) => {
        this.fingerprint.addObject(pipeline!);
        this.fingerprint.addAll([x, y, z]);
        this.commands.push({
          kind: 'dispatch',
          pipeline: pipeline!,
          group: group!,
          workgroups: [x, y, z],
        });
        pass.dispatchWorkgroups(x, y, z);
      },
      end: () => pass.end(),
    };
    return watched as unknown as GPUComputePassEncoder;
  }

  /** Where an output lies; null where that is no buffer of its own. */
  private placeOf({ dataId, shape, dtype }: tf.Tensor): OutputPlace | null {
    const { resource, offset, refCount } = this.gpu.tensorMap.get(dataId);
    const isOwn = resource != null && this.borrowed.has(resource) && offset === undefined && refCount === 1;
    return isOwn ? { buffer: resource, shape: [...shape], dtype } : null;
  }
}
