/** Streamed files equal those written whole, and half precision says what it cannot hold. */
import { expect, test } from 'vitest';
import { bytesSource } from './byteSource.ts';
import { readTensor, writeSafetensors } from './safetensors.ts';
import { readSafetensorsHeader } from './safetensorsHeader.ts';
import { streamedByteLength, streamSafetensors, type StreamedFormat } from './safetensorsStream.ts';

const values = {
  b: { shape: [2, 2], values: Float32Array.of(1, -2.5, 1 / 3, 65504) },
  a: { shape: [3], values: Float32Array.of(0, 1e-7, -0.1) },
};
const tensors = Object.entries(values).map(([name, { shape, values: numbers }]) => ({
  name,
  shape,
  read: async () => numbers,
}));

async function streamed(format: StreamedFormat, list = tensors): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of streamSafetensors(list, format)) pieces.push(piece);
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

test('F32: the very bytes of the file written whole', async () => {
  const bytes = await streamed('F32');
  expect(bytes).toEqual(writeSafetensors(new Map(Object.entries(values))));
  expect(streamedByteLength(tensors, 'F32')).toBe(bytes.length);
});

test('F16: half as long, numbers within half a step', async () => {
  const bytes = await streamed('F16');
  expect(streamedByteLength(tensors, 'F16')).toBe(bytes.length);
  const source = bytesSource(bytes);
  const header = await readSafetensorsHeader(source, 'half');
  expect(header.entries.get('b')).toMatchObject({ dtype: 'F16', shape: [2, 2] });
  const read = await readTensor(source, header, 'b');
  expect(read).toBeAllClose(values.b.values, { atol: 0, rtol: 2 ** -11 });
  expect(Array.from(read.filter((_, i) => i !== 2))).toEqual([1, -2.5, 65504]);
});

test('F16 refuses a number that it cannot hold', async () => {
  const large = [{ name: 'wo', shape: [1], read: async () => Float32Array.of(-7e4) }];
  await expect(streamed('F16', large)).rejects.toThrow(/"wo" has -70000.*up to 65504/);
});
