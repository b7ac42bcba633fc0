/** Adapter folders as .zip files: packed for download, unpacked when dropped back in. */
import { unzipSync, zipSync, type Unzipped, type Zippable } from 'fflate';
import { bytesSource } from '../formats/byteSource.ts';
import { ProblemError } from '../lib/problem.ts';
import type { ModelFile } from './huggingFace.ts';

/** An adapter of more than this is not one. Guards against archives that unpack to anything. */
const MAX_UNPACKED_BYTES = 2 ** 31 - 1;

/** Bytes of a zip with these files at its top. Weights hardly compress: they are stored. */
export async function zipFiles(
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  modifiedAt: Date = new Date(),
): Promise<Uint8Array<ArrayBuffer>> {
  const entries: Zippable = {};
  for (const [name, bytes] of files) {
    entries[name] = [bytes, { level: name.endsWith('.safetensors') ? 0 : 6, mtime: modifiedAt }];
  }
  // Not fflate's asynchronous form: it starts workers of its own, and this runs in a worker already.
  return zipSync(entries);
}

/**
 * The files of a zip, named without folders, so that a zipped folder reads like its files. What systems add
 * (`__MACOSX`, dot files) is left out. Throws a ProblemError for what is not a zip.
 */
export async function unzipFiles(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<ModelFile[]> {
  let unpackedBytes = 0;
  const isWanted = ({ name, originalSize }: { name: string; originalSize: number }): boolean => {
    if (name.endsWith('/') || name.split('/').some((part) => part.startsWith('.') || part === '__MACOSX')) {
      return false;
    }
    unpackedBytes += originalSize;
    if (unpackedBytes > MAX_UNPACKED_BYTES) throw tooLarge(file);
    return true;
  };
  return Object.entries(unpack(bytes, file, isWanted)).map(([path, content]) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    source: bytesSource(content),
  }));
}

function unpack(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  filter: (entry: { name: string; originalSize: number }) => boolean,
): Unzipped {
  try {
    return unzipSync(bytes, { filter });
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw notAZip(file, error instanceof Error ? error : new Error(String(error)));
  }
}

function notAZip(file: string, cause: Error): ProblemError {
  const problem = {
    code: 'zip-unreadable',
    message: `The file is not a zip, or it is damaged (${cause.message}).`,
    fix: 'Drop the zip as it was downloaded, or its files.',
    file,
  };
  return new ProblemError(problem, { cause });
}

function tooLarge(file: string): ProblemError {
  return new ProblemError({
    code: 'zip-too-large',
    message: 'The zip unpacks to more than 2 GB, which is no adapter.',
    fix: 'Drop only the files of the adapter.',
    file,
  });
}
