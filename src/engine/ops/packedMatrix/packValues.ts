/** Values of frozen matrices into packed words and back, on the processor. */
import { exactHalves, floatToHalf, halfToFloats } from '../../../lib/halfFloats.ts';
import type { PackedForm } from './packedForm.ts';

/** Half precision words if every value is a half exactly; null otherwise. The number of values is even. */
export function packHalvesExactly(values: Float32Array): Int32Array | null {
  const halves = exactHalves(values);
  return halves === null ? null : new Int32Array(halves.buffer);
}

/** Half precision words of the nearest halves; null if a value is beyond their range (65504) or not finite. */
export function packHalves(values: Float32Array): Int32Array | null {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const half = floatToHalf(values[i]!);
    if ((half & 0x7c00) === 0x7c00) return null;
    halves[i] = half;
  }
  return new Int32Array(halves.buffer);
}

/** Bytes and a scale for every row (see `PackedForm`); null if a value is not finite. `columns` is a multiple of 4. */
export function packBytes(values: Float32Array, rows: number, columns: number): Int32Array | null {
  const stride = columns / 4 + 1;
  const words = new Int32Array(rows * stride);
  const bytes = new Int8Array(words.buffer);
  const scales = new Float32Array(words.buffer);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    let largest = 0;
    for (let i = 0; i < columns; i++) {
      const value = values[start + i]!;
      if (!Number.isFinite(value)) return null;
      largest = Math.max(largest, Math.abs(value));
    }
    scales[row * stride + columns / 4] = largest;
    const factor = largest === 0 ? 0 : 127 / largest;
    for (let i = 0; i < columns; i++) bytes[row * stride * 4 + i] = Math.round(values[start + i]! * factor);
  }
  return words;
}

/** The numbers that packed words stand for, row-major. */
export function unpackValues(words: Int32Array, { store, rows, columns }: PackedForm): Float32Array {
  if (store === 'f16') return halfToFloats(new Uint16Array(words.buffer, words.byteOffset, rows * columns));
  const stride = columns / 4 + 1;
  const bytes = new Int8Array(words.buffer, words.byteOffset);
  const scales = new Float32Array(words.buffer, words.byteOffset);
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const row = Math.floor(i / columns);
    return (bytes[row * stride * 4 + (i % columns)]! / 127) * scales[row * stride + columns / 4]!;
  });
}
