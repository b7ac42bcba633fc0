import { expect, test } from 'vitest';
import { bytesSource, type ByteSource } from './byteSource.ts';
import { readTensor, writeSafetensors } from './safetensors.ts';
import { readSafetensorsHeader } from './safetensorsHeader.ts';

/** A file from a header (text or object) and a number of data bytes. */
function fileOf(header: string | object, dataLength = 0, claimedLength?: number): ByteSource {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claimedLength ?? json.length), true);
  bytes.set(json, 8);
  return bytesSource(bytes);
}

/** A file whose header is these bytes. */
function rawFile(header: Uint8Array): ByteSource {
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytesSource(bytes);
}

const f32 = (shape: number[], begin: number, end: number) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

test('what is written is read back; names are sorted, data starts at a multiple of 8, metadata stays', async () => {
  const tensors = new Map([
    ['b', { shape: [2, 2], values: Float32Array.of(1, -2, 3.5, 1e-40) }],
    ['a', { shape: [3], values: Float32Array.of(4, 5, 6) }],
    ['scalar', { shape: [], values: Float32Array.of(7) }],
    ['empty', { shape: [0, 5], values: new Float32Array(0) }],
    ['__proto__', { shape: [1], values: Float32Array.of(8) }],
  ]);
  const bytes = writeSafetensors(tensors, { format: 'pt', note: 'ä "quoted"' });
  const source = bytesSource(bytes);
  const header = await readSafetensorsHeader(source, 'x.safetensors');
  expect([...header.entries.keys()]).toEqual(['__proto__', 'a', 'b', 'empty', 'scalar']);
  expect(header.metadata).toEqual({ format: 'pt', note: 'ä "quoted"' });
  expect(header.entries.get('__proto__')!.begin % 8).toBe(0);
  for (const [name, { shape, values }] of tensors) {
    expect(header.entries.get(name)!.shape).toEqual(shape);
    expect(await readTensor(source, header, name)).toEqual(values);
  }
  expect(writeSafetensors(new Map([...tensors].reverse()), { format: 'pt', note: 'ä "quoted"' })).toEqual(
    bytes,
  );
});

test('F16, BF16 and F64 become floats; other dtypes are named', async () => {
  const header = {
    half: { dtype: 'F16', shape: [1], data_offsets: [0, 2] },
    brain: { dtype: 'BF16', shape: [1], data_offsets: [2, 4] },
    double: { dtype: 'F64', shape: [1], data_offsets: [4, 12] },
    byte: { dtype: 'I8', shape: [1], data_offsets: [12, 13] },
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + 13);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  view.setUint16(8 + json.length, 0x3e00, true);
  view.setUint16(10 + json.length, 0x4049, true);
  view.setFloat64(12 + json.length, 0.25, true);
  const source = bytesSource(bytes);
  const read = await readSafetensorsHeader(source, 'x');
  expect([...(await readTensor(source, read, 'half'))]).toEqual([1.5]);
  expect([...(await readTensor(source, read, 'brain'))]).toEqual([3.140625]);
  expect([...(await readTensor(source, read, 'double'))]).toEqual([0.25]);
  await expect(readTensor(source, read, 'byte')).rejects.toThrow(/"byte" is stored as I8/);
  await expect(readTensor(source, read, 'none')).rejects.toThrow(/no tensor "none"/);
});

test.each<[string, ByteSource, string, RegExp]>([
  ['3 bytes', bytesSource(Uint8Array.of(1, 2, 3)), 'safetensors-too-short', /3 bytes/],
  ['an empty file', bytesSource(new Uint8Array(0)), 'safetensors-too-short', /0 bytes/],
  [
    'a header beyond the file',
    fileOf({}, 0, 5000),
    'safetensors-header-length',
    /claims 5000 bytes, but the file has 10/,
  ],
  [
    'a header above 100 MB',
    fileOf({}, 0, 2e9),
    'safetensors-header-length',
    /claims 2000000000 bytes; at most/,
  ],
  ['a header that is not JSON', fileOf('{"a": '), 'safetensors-header-json', /not JSON/],
  ['a list as header', fileOf('[1]'), 'safetensors-header-json', /not an object/],
  ['an entry that is no object', fileOf({ w: 3 }), 'safetensors-entry', /"w"/],
  [
    'an unknown dtype',
    fileOf({ w: { ...f32([1], 0, 4), dtype: 'Q4' } }, 4),
    'safetensors-dtype',
    /"w".*"Q4"/,
  ],
  ['a negative size', fileOf({ w: f32([-1], 0, 4) }, 4), 'safetensors-shape', /"w" has the shape \[-1\]/],
  [
    'three offsets',
    fileOf({ w: { ...f32([1], 0, 4), data_offsets: [0, 4, 8] } }, 4),
    'safetensors-offsets',
    /\[0,4,8\]/,
  ],
  [
    'offsets outside the file',
    fileOf({ w: f32([2], 0, 8) }, 4),
    'safetensors-offsets',
    /bytes 0 to 8 .* 4 bytes/,
  ],
  [
    'a wrong byte count',
    fileOf({ w: f32([3], 0, 8) }, 8),
    'safetensors-byte-count',
    /F32 \[3\] needs 12 bytes.* 8/,
  ],
  [
    'an overlap',
    fileOf({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12),
    'safetensors-overlap',
    /"b" overlaps tensor "a" by 4/,
  ],
  [
    'a hole',
    fileOf({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12),
    'safetensors-hole',
    /4 unused bytes.*"b"/,
  ],
  [
    'bytes left over',
    fileOf({ a: f32([1], 0, 4) }, 9),
    'safetensors-hole',
    /5 unused bytes after tensor "a"/,
  ],
  [
    'a name given twice',
    fileOf(
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      4,
    ),
    'safetensors-duplicate-name',
    /"a" twice/,
  ],
  ['metadata that is no text', fileOf({ __metadata__: { step: 3 } }), 'safetensors-metadata', /"step"/],
  [
    'a header that is not UTF-8',
    rawFile(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)),
    'safetensors-header-utf8',
    /not UTF-8/,
  ],
  [
    'half of a surrogate pair',
    fileOf('{"__metadata__":{"a":"\\ud800"}}'),
    'safetensors-header-utf8',
    /surrogate/,
  ],
  ['a byte order mark', fileOf('\ufeff{}'), 'safetensors-header-json', /not JSON/],
  ['an empty header', fileOf(''), 'safetensors-header-json', /not JSON/],
  ['a zero byte behind the header', fileOf('{}\0'), 'safetensors-header-json', /not JSON/],
  ['spaces before the header', fileOf(' {}'), 'safetensors-header-json', /does not begin with/],
  [
    'a size that is no whole number',
    fileOf({ w: f32([1.5], 0, 6) }, 6),
    'safetensors-shape',
    /"w" has the shape \[1\.5\]/,
  ],
  [
    'a size written as 1.0',
    fileOf('{"w":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', 4),
    'safetensors-header-number',
    /at character 30/,
  ],
  [
    'an offset written as 4e0',
    fileOf('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4e0]}}', 4),
    'safetensors-header-number',
    /at character 51/,
  ],
  [
    'sizes whose product overflows 64 bits to 0',
    fileOf({ w: f32([2 ** 32, 2 ** 32], 0, 0) }),
    'safetensors-byte-count',
    /needs 73786976294838210000 bytes/,
  ],
  [
    'a size above what numbers hold',
    fileOf('{"w":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,0]}}'),
    'safetensors-shape',
    /"w" has the shape/,
  ],
  ['offsets that run backwards', fileOf({ w: f32([1], 8, 4) }, 8), 'safetensors-offsets', /bytes 8 to 4/],
  [
    'a field given twice',
    fileOf('{"w":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,2]}}', 2),
    'safetensors-duplicate-name',
    /field "dtype" twice/,
  ],
  [
    'an entry without shape',
    fileOf({ w: { dtype: 'F32', data_offsets: [0, 4] } }, 4),
    'safetensors-shape',
    /"w"/,
  ],
  [
    'a web page',
    bytesSource(new TextEncoder().encode('\n<!DOCTYPE html><html><body>404</body></html>')),
    'safetensors-is-web-page',
    /web page/,
  ],
  [
    'a Git LFS pointer',
    bytesSource(
      new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n'),
    ),
    'safetensors-is-lfs-pointer',
    /Git LFS/,
  ],
])('%s is refused, with the file and the reason', async (_, source, code, message) => {
  const failure = readSafetensorsHeader(source, 'model.safetensors');
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.toMatchObject({ problem: { code, file: 'model.safetensors' } });
});

test('only the header and the wanted tensor are read', async () => {
  const tensors = new Map([
    ['large', { shape: [1000], values: new Float32Array(1000) }],
    ['small', { shape: [2], values: Float32Array.of(1, 2) }],
  ]);
  const inner = bytesSource(writeSafetensors(tensors));
  let bytesRead = 0;
  const counting: ByteSource = {
    byteLength: inner.byteLength,
    slice: (start, end) => {
      bytesRead += end - start;
      return inner.slice(start, end);
    },
  };
  const header = await readSafetensorsHeader(counting, 'x');
  expect(await readTensor(counting, header, 'small')).toEqual(Float32Array.of(1, 2));
  expect(bytesRead).toBeLessThan(600);
});
