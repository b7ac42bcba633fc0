/** The uniform blocks of a recording that hold live numbers, side by side in few buffers that one write each brings up to date. */
import type { Uniforms } from '../kernelCache.ts';
import type { TfjsBackend } from '../tfjsBackend.ts';
import { LiveNumber, type StepInputs } from './stepInputs.ts';

const chunkBytes = 16384;

interface Chunk {
  readonly buffer: GPUBuffer;
  readonly words: Uint32Array<ArrayBuffer>;
  usedBytes: number;
}

/** Where a live number stands. */
interface Place {
  readonly chunk: Chunk;
  readonly word: number;
}

export class LiveBlocks {
  private readonly gpu: TfjsBackend;
  private readonly chunks: Chunk[] = [];
  private readonly places = new Map<LiveNumber, Place[]>();
  private readonly alignment: number;

  constructor(gpu: TfjsBackend) {
    this.gpu = gpu;
    this.alignment = gpu.device.limits.minUniformBufferOffsetAlignment;
  }

  /** A new block with the values of now. */
  add({ u32 = [], f32 = [] }: Uniforms): Required<GPUBufferBinding> {
    const size = Math.ceil((u32.length + f32.length) / 4) * 16;
    const chunk = this.chunkWith(Math.ceil(size / this.alignment) * this.alignment);
    const offset = chunk.usedBytes;
    chunk.usedBytes += Math.ceil(size / this.alignment) * this.alignment;
    for (const [i, number] of u32.entries()) {
      const word = offset / 4 + i;
      if (number instanceof LiveNumber) {
        const places = this.places.get(number);
        if (places === undefined) this.places.set(number, [{ chunk, word }]);
        else places.push({ chunk, word });
      }
      chunk.words[word] = number instanceof LiveNumber ? number.value : number;
    }
    new Float32Array(chunk.words.buffer, offset + 4 * u32.length, f32.length).set(f32);
    this.gpu.device.queue.writeBuffer(chunk.buffer, offset, chunk.words, offset / 4, size / 4);
    return { buffer: chunk.buffer, offset, size };
  }

  /** Brings all blocks to the numbers of a step. */
  write(inputs: StepInputs): void {
    for (const [number, places] of this.places) {
      const value = number.valueIn(inputs);
      for (const { chunk, word } of places) chunk.words[word] = value;
    }
    for (const { buffer, words, usedBytes } of this.chunks) {
      this.gpu.device.queue.writeBuffer(buffer, 0, words, 0, usedBytes / 4);
    }
  }

  private chunkWith(bytes: number): Chunk {
    const last = this.chunks.at(-1);
    if (last !== undefined && last.usedBytes + bytes <= chunkBytes) return last;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const buffer = this.gpu.bufferManager.acquireBuffer(chunkBytes, usage);
    const chunk = { buffer, words: new Uint32Array(chunkBytes / 4), usedBytes: 0 };
    this.chunks.push(chunk);
    return chunk;
  }
}
