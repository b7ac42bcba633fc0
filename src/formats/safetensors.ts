/**
 * Tensors of a safetensors file as 32-bit floats, and such files written from arrays.
 * Reference: https://github.com/huggingface/safetensors#format
 */
import { halfToFloats } from '../lib/halfFloats.ts';
import { ProblemError } from '../lib/problem.ts';
import type { ByteSource } from './byteSource.ts';
import { bfloatToFloats } from './floatFormats.ts';
import type { SafetensorsHeader } from './safetensorsHeader.ts';

/** A tensor in memory, row-major. */
export interface TensorValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Reads one tensor as f32. F32, F16, BF16 and F64 are accepted; anything else throws a ProblemError. */
export async function readTensor(
  source: ByteSource,
  header: SafetensorsHeader,
  name: string,
): Promise<Float32Array<ArrayBuffer>> {
  const entry = header.entries.get(name);
  if (entry === undefined) {
    throw new ProblemError({
      code: 'safetensors-missing-tensor',
      message: `The file has no tensor "${name}".`,
      fix: 'Choose the file that belongs to this model.',
      file: header.file,
      column: name,
    });
  }
  const { buffer } = await source.slice(entry.begin, entry.end);
  switch (entry.dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F16':
      return halfToFloats(new Uint16Array(buffer));
    case 'BF16':
      return bfloatToFloats(new Uint16Array(buffer));
    case 'F64':
      return Float32Array.from(new Float64Array(buffer));
    default:
      throw new ProblemError({
        code: 'safetensors-dtype',
        message: `Tensor "${name}" is stored as ${entry.dtype}; Graft reads F32, F16, BF16 and F64.`,
        fix: 'Use the unquantised version of the model.',
        file: header.file,
        column: name,
      });
  }
}

/**
 * Bytes of a safetensors file with F32 tensors, in the layout the reference library writes: names sorted, header padded
 * with spaces to 8 bytes. The same content always gives the same bytes.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorValues>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Uint8Array<ArrayBuffer> {
  const names = [...tensors.keys()].sort();
  // Without a prototype, so that a tensor may be called "__proto__".
  const header = Object.create(null) as Record<string, unknown>;
  header['__metadata__'] = metadata;
  let offset = 0;
  for (const name of names) {
    const { shape, values } = tensors.get(name)!;
    if (shape.reduce((product, size) => product * size, 1) !== values.length) {
      throw new Error(`Tensor "${name}" has ${values.length} values, which is not [${shape.join(', ')}].`);
    }
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(json, 8);
  let position = 8 + headerLength;
  for (const name of names) {
    const { values } = tensors.get(name)!;
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
    position += values.byteLength;
  }
  return bytes;
}
