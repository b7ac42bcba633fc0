/** A zip written piece by piece: nothing is compressed, nothing but the present piece is in memory. */
import { Zip, ZipPassThrough } from 'fflate';
import { ProblemError } from '../lib/problem.ts';

/** Zip without its 64-bit extension, which fflate does not write. */
const MAX_BYTES = 2 ** 32 - 2 ** 20;

/** One file of the zip; `byteLength` is what its pieces add up to. */
export interface StreamedFile {
  readonly name: string;
  readonly byteLength: number;
  pieces(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Writes the files in order; `write` is awaited piece by piece. Throws ProblemError for more than a zip can hold. */
export async function streamZip(
  files: readonly StreamedFile[],
  write: (piece: Uint8Array) => Promise<void>,
  { modifiedAt = new Date(), signal }: { modifiedAt?: Date; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0);
  if (byteLength > MAX_BYTES) {
    throw new ProblemError({
      code: 'zip-too-large',
      message: `The files take ${(byteLength / 1e9).toFixed(1)} GB; a zip holds 4.3.`,
      fix: 'Choose F16, or download the adapter and merge it in Python.',
    });
  }
  let pending: Uint8Array[] = [];
  const zip = new Zip((error, piece) => {
    if (error !== null) throw error;
    pending.push(piece);
  });
  const flush = async (): Promise<void> => {
    const ready = pending;
    pending = [];
    for (const piece of ready) await write(piece);
  };
  for (const file of files) {
    const entry = new ZipPassThrough(file.name);
    entry.mtime = modifiedAt;
    zip.add(entry);
    for await (const piece of file.pieces()) {
      signal?.throwIfAborted();
      entry.push(piece);
      await flush();
    }
    entry.push(new Uint8Array(0), true);
    await flush();
  }
  zip.end();
  await flush();
}
