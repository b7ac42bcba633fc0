/**
 * The header of a safetensors file, read with every check the format asks for, so that a damaged or mislabelled file
 * is named as such before a byte of it is used as weights.
 * Format: u64 little-endian header length, JSON, then tensor bytes without holes.
 */
import { ProblemError } from '../lib/problem.ts';
import type { ByteSource } from './byteSource.ts';

/** Bytes of one element, by dtype name. */
export const DTYPE_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
  C64: 8,
};

/** The format's own limit for the header. */
const MAX_HEADER_BYTES = 100_000_000;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Absolute byte offsets in the file, [begin, end). */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** Name of the file, for messages. */
  readonly file: string;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** `__metadata__`: string → string. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads and checks the header. Throws a ProblemError that names the file and, where one is at fault, the tensor. */
export async function readSafetensorsHeader(source: ByteSource, file: string): Promise<SafetensorsHeader> {
  const fail: Fail = (code, message, tensor) => {
    throw new ProblemError({
      code: `safetensors-${code}`,
      message,
      fix: 'Download the file again, or export it again with safetensors; it cannot be used as it is.',
      file,
      ...(tensor === undefined ? {} : { column: tensor }),
    });
  };

  await refuseOtherFileKinds(source, file);
  if (source.byteLength < 8) {
    fail('too-short', `The file has ${source.byteLength} bytes; a safetensors file has at least 8.`);
  }
  const lengthBytes = await source.slice(0, 8);
  const headerLength = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true));
  if (headerLength > MAX_HEADER_BYTES) {
    fail(
      'header-length',
      `The header claims ${headerLength} bytes; at most ${MAX_HEADER_BYTES} are allowed.`,
    );
  }
  if (8 + headerLength > source.byteLength) {
    fail('header-length', `The header claims ${headerLength} bytes, but the file has ${source.byteLength}.`);
  }
  const bytes = await source.slice(8, 8 + headerLength);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail('header-utf8', 'The header is not UTF-8 text.');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    fail('header-json', `The header is not JSON. It begins with ${JSON.stringify(text.slice(0, 40))}.`);
  }
  if (!isRecord(json)) return fail('header-json', 'The header is JSON, but not an object.');
  if (!text.startsWith('{')) fail('header-json', 'The header does not begin with "{".');

  const metadata = readMetadata(json['__metadata__'], fail);
  const dataStart = 8 + headerLength;
  const dataLength = source.byteLength - dataStart;
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name !== '__metadata__') entries.push(readEntry(name, value, dataStart, dataLength, fail));
  }
  checkWriting(text, fail);
  checkLayout(entries, dataStart, source.byteLength, fail);
  return { file, metadata, entries: new Map(entries.map((entry) => [entry.name, entry])) };
}

type Fail = (code: string, message: string, tensor?: string) => never;

function readEntry(
  name: string,
  value: unknown,
  dataStart: number,
  dataLength: number,
  fail: Fail,
): TensorEntry {
  if (!isRecord(value)) return fail('entry', `The entry of tensor "${name}" is not an object.`, name);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || DTYPE_BYTES[dtype] === undefined) {
    return fail('dtype', `Tensor "${name}" has the unknown dtype ${JSON.stringify(dtype)}.`, name);
  }
  if (!isCountList(shape)) {
    return fail(
      'shape',
      `Tensor "${name}" has the shape ${JSON.stringify(shape)}, not a list of sizes.`,
      name,
    );
  }
  if (!isCountList(offsets) || offsets.length !== 2) {
    return fail(
      'offsets',
      `Tensor "${name}" has the offsets ${JSON.stringify(offsets)}, not [begin, end].`,
      name,
    );
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataLength) {
    const where = `bytes ${begin} to ${end} of the data part, which has ${dataLength} bytes`;
    return fail('offsets', `Tensor "${name}" claims ${where}.`, name);
  }
  const needed = shape.reduce((product, size) => product * size, 1) * DTYPE_BYTES[dtype];
  if (needed !== end - begin) {
    const claim = `${dtype} [${shape.join(', ')}] needs ${needed} bytes, but the header gives it ${end - begin}`;
    return fail('byte-count', `Tensor "${name}": ${claim}.`, name);
  }
  return { name, dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

/** Tensors must fill the data part exactly: one after the other, no overlap, no hole, nothing left. */
function checkLayout(
  entries: readonly TensorEntry[],
  dataStart: number,
  fileLength: number,
  fail: Fail,
): void {
  const inOrder = [...entries].sort((one, other) => one.begin - other.begin || one.end - other.end);
  let position = dataStart;
  let previous = 'the header';
  for (const entry of inOrder) {
    if (entry.begin < position) {
      fail(
        'overlap',
        `Tensor "${entry.name}" overlaps ${previous} by ${position - entry.begin} bytes.`,
        entry.name,
      );
    }
    if (entry.begin > position) {
      const gap = entry.begin - position;
      fail(
        'hole',
        `There are ${gap} unused bytes between ${previous} and tensor "${entry.name}".`,
        entry.name,
      );
    }
    position = entry.end;
    previous = `tensor "${entry.name}"`;
  }
  if (position !== fileLength)
    fail('hole', `There are ${fileLength - position} unused bytes after ${previous}.`);
}

function readMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) return fail('metadata', 'The header has a __metadata__ that is not an object.');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') fail('metadata', `The __metadata__ field "${key}" is not a text.`);
  }
  return value as Record<string, string>;
}

/** A web page or a Git LFS pointer saved under the model's name is common; say so instead of "bad header". */
async function refuseOtherFileKinds(source: ByteSource, file: string): Promise<void> {
  const start = new TextDecoder('latin1').decode(await source.slice(0, Math.min(200, source.byteLength)));
  const trimmed = start.replace(/^\u00ef\u00bb\u00bf/, '').trimStart();
  if (/^(<!doctype html|<html|<head|<\?xml)/i.test(trimmed)) {
    throw new ProblemError({
      code: 'safetensors-is-web-page',
      message: 'This is a web page (HTML) saved under the name of a model file.',
      fix: 'On the model page use the download arrow beside the file, not "Save page", and drop that file.',
      file,
    });
  }
  if (trimmed.startsWith('version https://git-lfs')) {
    throw new ProblemError({
      code: 'safetensors-is-lfs-pointer',
      message: 'This is a Git LFS pointer of a few lines, not the model file it stands for.',
      fix: 'Run "git lfs pull" in the model folder, or download the file from the model page.',
      file,
    });
  }
}

/**
 * What `JSON.parse` lets pass and the format does not: a name given twice (the last would win silently), numbers written
 * as 1.0, 1e0 or -0, and halves of surrogate pairs.
 */
function checkWriting(text: string, fail: Fail): void {
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '{' || character === '[') open.push(new Set());
    else if (character === '}' || character === ']') open.pop();
    else if ('-+.eE'.includes(character) && /[\d-]/.test(text[i - 1]! + text[i + 1]!)) {
      fail('header-number', `The header has a number that is not written as a whole one, at character ${i}.`);
    } else if (character === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
      const name = JSON.parse(text.slice(start, i + 1)) as string;
      if (/\p{Surrogate}/u.test(name)) fail('header-utf8', 'The header has half of a surrogate pair.');
      if (!/^\s*:/.test(text.slice(i + 1, i + 20))) continue;
      const keys = open.at(-1)!;
      if (keys.has(name) && open.length === 1) {
        fail('duplicate-name', `The header lists tensor "${name}" twice.`, name);
      }
      if (keys.has(name)) fail('duplicate-name', `The header gives the field "${name}" twice.`);
      keys.add(name);
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}
