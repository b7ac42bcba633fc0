/**
 * Big bytes under readable paths in the origin's private file system (OPFS): datasets, model files, checkpoints, adapters.
 * Works in the page and in workers. Each path is written by one thread only.
 */
import { ProblemError } from '../lib/problem.ts';

async function root(): Promise<FileSystemDirectoryHandle> {
  if (typeof navigator === 'undefined' || navigator.storage?.getDirectory === undefined) {
    throw new ProblemError({
      code: 'no-file-store',
      message: 'This browser gives pages no private file storage.',
      fix: 'Open Graft in a current Chrome, Edge or Firefox, over https or localhost, outside a private window.',
    });
  }
  try {
    return await navigator.storage.getDirectory();
  } catch (error) {
    throw new ProblemError(
      {
        code: 'file-store-refused',
        message: 'The browser refuses pages to keep files here.',
        fix: 'Leave the private window, or allow this page to keep data in the site settings.',
      },
      { cause: error },
    );
  }
}

async function directory(
  parts: readonly string[],
  create: boolean,
): Promise<FileSystemDirectoryHandle | undefined> {
  let handle = await root();
  for (const part of parts) {
    try {
      handle = await handle.getDirectoryHandle(part, { create });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
  return handle;
}

function isNotFound(error: unknown): boolean {
  return (
    error instanceof DOMException && (error.name === 'NotFoundError' || error.name === 'TypeMismatchError')
  );
}

function split(path: string): { folder: string[]; name: string } {
  const folder = path.split('/').filter((part) => part !== '');
  const name = folder.pop();
  if (name === undefined) throw new Error('A stored file needs a name.');
  return { folder, name };
}

/** Writes a file whole. What was there stays until all is written; a first write that is cut off leaves an empty file. */
export async function saveFile(path: string, content: Uint8Array | Blob): Promise<void> {
  const { folder, name } = split(path);
  const parent = await directory(folder, true);
  const handle = await parent!.getFileHandle(name, { create: true });
  const writable = await handle.createWritable();
  try {
    await writable.write(content as Blob | Uint8Array<ArrayBuffer>);
    await writable.close();
  } catch (error) {
    await writable.abort().catch(() => undefined);
    if (error instanceof DOMException && error.name === 'QuotaExceededError') {
      throw new ProblemError(
        {
          code: 'storage-full',
          message: `The browser has no room left for ${path}.`,
          fix: 'Delete a stored model or run, or free disk space, and try again.',
          file: path,
        },
        { cause: error },
      );
    }
    throw error;
  }
}

/** Opens a file for writing piece by piece; until `close` it has its old content, or none. */
export async function openForWriting(path: string): Promise<FileSystemWritableFileStream> {
  const { folder, name } = split(path);
  const parent = await directory(folder, true);
  const handle = await parent!.getFileHandle(name, { create: true });
  return handle.createWritable();
}

/** The stored file, or undefined where there is none. Reads nothing until its bytes are asked for. */
export async function loadFile(path: string): Promise<File | undefined> {
  const { folder, name } = split(path);
  const parent = await directory(folder, false);
  if (parent === undefined) return undefined;
  try {
    return await (await parent.getFileHandle(name)).getFile();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** All bytes of a stored file, or undefined where there is none. */
export async function loadBytes(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const file = await loadFile(path);
  return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
}

/** Names of the files directly in a folder; empty where there is no such folder. */
export async function listFiles(path: string): Promise<string[]> {
  const handle = await directory(
    path.split('/').filter((part) => part !== ''),
    false,
  );
  if (handle === undefined) return [];
  const names: string[] = [];
  for await (const [name, entry] of handle.entries()) {
    if (entry.kind === 'file') names.push(name);
  }
  return names.sort();
}

/** Removes a file or a whole folder; absent is fine. */
export async function removePath(path: string): Promise<void> {
  const { folder, name } = split(path);
  const parent = await directory(folder, false);
  try {
    await parent?.removeEntry(name, { recursive: true });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
