/** The folder of a case, as the page sees it: read over HTTP, written back through the runner. */
import { blobSource, type ByteSource } from '../../src/formats/byteSource.ts';
import { readTensor } from '../../src/formats/safetensors.ts';
import { readSafetensorsHeader } from '../../src/formats/safetensorsHeader.ts';

declare global {
  /** Given by the runner: appends bytes (base64) to a file of the case's folder. */
  var appendToFile: (path: string, base64: string) => Promise<void>;
}

/** Bytes per message to the runner; a multiple of 3, so that the pieces' base64 have no padding between them. */
const PIECE_BYTES = 3 << 20;

export interface Folder {
  /** A JSON file. Throws when it is not there. */
  json<T>(path: string): Promise<T>;
  /** A text file. Throws when it is not there. */
  text(path: string): Promise<string>;
  /** Bytes of a file. Throws when it is not there. */
  source(path: string): Promise<ByteSource>;
  /** A safetensors file whose tensors are read one by one. */
  openTensors(path: string): Promise<TensorFile>;
  /** All tensors of a safetensors file. */
  tensors(path: string): Promise<Map<string, Float32Array>>;
  /** Writes a file for the Python half to check. The path holds no `..`. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}

export interface TensorFile {
  readonly names: readonly string[];
  /** A tensor as floats, 32-bit integers too. */
  read(name: string): Promise<Float32Array>;
}

/** The folder at an address that ends in a slash. */
export function openFolder(address: string): Folder {
  const get = async (path: string): Promise<Response> => {
    const response = await fetch(address + path);
    if (!response.ok) throw new Error(`${path} is not in the folder of this case (${response.status}).`);
    return response;
  };
  const source = async (path: string) => blobSource(await (await get(path)).blob());
  const openTensors = async (path: string): Promise<TensorFile> => {
    const bytes = await source(path);
    const header = await readSafetensorsHeader(bytes, path);
    return {
      names: [...header.entries.keys()],
      read: async (name) => {
        const entry = header.entries.get(name);
        if (entry?.dtype !== 'I32') return readTensor(bytes, header, name);
        const { buffer } = await bytes.slice(entry.begin, entry.end);
        return Float32Array.from(new Int32Array(buffer));
      },
    };
  };
  return {
    json: async <T>(path: string) => (await (await get(path)).json()) as T,
    text: async (path) => (await get(path)).text(),
    source,
    openTensors,
    tensors: async (path) => {
      const file = await openTensors(path);
      const tensors = new Map<string, Float32Array>();
      for (const name of file.names) tensors.set(name, await file.read(name));
      return tensors;
    },
    write: async (path, bytes) => {
      for (let at = 0; at === 0 || at < bytes.length; at += PIECE_BYTES) {
        await globalThis.appendToFile(path, base64(bytes.subarray(at, at + PIECE_BYTES)));
      }
    },
  };
}

function base64(bytes: Uint8Array): string {
  let text = '';
  const step = 0x8000; // more arguments at once than this can overflow the stack
  for (let i = 0; i < bytes.length; i += step) {
    text += String.fromCharCode(...bytes.subarray(i, i + step));
  }
  return btoa(text);
}
