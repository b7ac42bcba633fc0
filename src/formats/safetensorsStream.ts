/** A safetensors file written piece by piece, so that no more than one tensor is in memory. Layout as in safetensors.ts. */
import { floatToHalf } from '../lib/halfFloats.ts';
import { ProblemError } from '../lib/problem.ts';

/** A tensor that is read when its turn comes. */
export interface StreamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  read(): Promise<Float32Array>;
}

/** Number formats that can be written. */
export type StreamedFormat = 'F32' | 'F16';

/** Bytes of the whole file, header included. */
export function streamedByteLength(tensors: readonly StreamedTensor[], format: StreamedFormat): number {
  return headerBytes(tensors, format).length + dataLength(tensors, format);
}

/**
 * The file's bytes in order: the header, then tensor by tensor, names sorted. Throws ProblemError for a number that F16
 * cannot hold.
 */
export async function* streamSafetensors(
  tensors: readonly StreamedTensor[],
  format: StreamedFormat,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  yield headerBytes(tensors, format);
  for (const tensor of sorted(tensors)) {
    const values = await tensor.read();
    yield format === 'F16'
      ? halfBytes(tensor.name, values)
      : new Uint8Array(Float32Array.from(values).buffer);
  }
}

function sorted(tensors: readonly StreamedTensor[]): StreamedTensor[] {
  return tensors.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function sizeOf({ shape }: StreamedTensor, format: StreamedFormat): number {
  return shape.reduce((product, size) => product * size, format === 'F16' ? 2 : 4);
}

function dataLength(tensors: readonly StreamedTensor[], format: StreamedFormat): number {
  return tensors.reduce((sum, tensor) => sum + sizeOf(tensor, format), 0);
}

function headerBytes(tensors: readonly StreamedTensor[], format: StreamedFormat): Uint8Array<ArrayBuffer> {
  // Without a prototype, so that a tensor may be called "__proto__".
  const header = Object.create(null) as Record<string, unknown>;
  header['__metadata__'] = { format: 'pt' };
  let offset = 0;
  for (const tensor of sorted(tensors)) {
    const end = offset + sizeOf(tensor, format);
    header[tensor.name] = { dtype: format, shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, 8);
  bytes.set(json, 8);
  return bytes;
}

/** Largest number of half precision. */
const LARGEST_HALF = 65504;

function halfBytes(name: string, values: Float32Array): Uint8Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  for (const [i, value] of values.entries()) {
    if (Math.abs(value) > LARGEST_HALF) {
      throw new ProblemError({
        code: 'f16-overflow',
        message: `Tensor "${name}" has ${value}; F16 holds numbers up to ${LARGEST_HALF}.`,
        fix: 'Choose F32.',
      });
    }
    halves[i] = floatToHalf(value);
  }
  return new Uint8Array(halves.buffer);
}
