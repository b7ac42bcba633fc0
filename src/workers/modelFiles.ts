/**
 * The files of a model, wherever they are: bundled with Graft, kept in the file store, dropped now, or on the hub.
 * Dropped and downloaded files are kept in the file store before they are read, so a reload needs neither again.
 */
import { blobSource, type ByteSource } from '../formats/byteSource.ts';
import { ProblemError } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { listFiles, loadFile, openForWriting, removePath, saveFile } from '../storage/fileStore.ts';
import { modelFolder } from '../storage/paths.ts';
import type { ModelSource } from './protocol.ts';

/** One file of a model. */
export interface ModelFile {
  name: string;
  source: ByteSource;
}

/** Tells the page about a request that was made. */
export type RequestLog = (request: { url: string; bytesDown: number; bytesUp: number }) => void;

/** Decoding defaults, which not every model has. */
const GENERATION_CONFIG = 'generation_config.json';
const SHARD_INDEX = 'model.safetensors.index.json';
const BUNDLED_FILES = ['config.json', 'tokenizer.json', 'model.safetensors', 'README.md', GENERATION_CONFIG];
const HUB_HOST = 'https://huggingface.co';

/** Opens all files of a source; weights are not read yet. Throws ProblemError. */
export async function openModelFiles(source: ModelSource, job: Job, log: RequestLog): Promise<ModelFile[]> {
  switch (source.kind) {
    case 'bundled':
      return Promise.all(
        BUNDLED_FILES.map(async (name) => ({
          name,
          source: blobSource(await download(new URL(name, source.baseUrl).href, name, job, log)),
        })),
      );
    case 'stored':
      return keptFiles(source.id);
    case 'files':
      await keepDropped(source.id, source.files, job);
      return keptFiles(source.id);
    case 'hub':
      await keepFromHub(source, job, log);
      return keptFiles(source.id);
  }
}

/** Deletes dropped files that turned out unusable. Downloads stay: what is there need not come down again. */
export async function forgetModelFiles(source: ModelSource): Promise<void> {
  if (source.kind === 'files') await removePath(modelFolder(source.id));
}

async function keptFiles(id: string): Promise<ModelFile[]> {
  const files: ModelFile[] = [];
  for (const name of await listFiles(modelFolder(id))) {
    const file = await loadFile(`${modelFolder(id)}/${name}`);
    // A download that was cut off leaves an empty file.
    if (file !== undefined && file.size > 0) files.push({ name, source: blobSource(file) });
  }
  if (files.length === 0) {
    throw new ProblemError({
      code: 'model-missing',
      message: 'The files of this model are no longer kept in this browser.',
      fix: 'Drop the model folder again or download it again.',
    });
  }
  return files;
}

/** Keeps what a T5 model is made of; other formats in the folder (pytorch_model.bin, …) are not copied. */
async function keepDropped(id: string, files: readonly File[], job: Job): Promise<void> {
  const wanted = files.filter(({ name }) => /\.(json|safetensors|md)$/i.test(name));
  for (const [done, file] of (wanted.length === 0 ? files : wanted).entries()) {
    job.signal?.throwIfAborted();
    job.onProgress?.({ phase: `Keeping ${file.name}`, done, total: wanted.length, unit: 'files' });
    await saveFile(`${modelFolder(id)}/${file.name}`, file);
  }
}

async function keepFromHub(
  { id, repository, revision }: Extract<ModelSource, { kind: 'hub' }>,
  job: Job,
  log: RequestLog,
): Promise<void> {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new ProblemError({
      code: 'hub-name',
      message: `"${repository}" is not the name of a model on the hub.`,
      fix: 'Write it as owner/name, e.g. google/flan-t5-small.',
    });
  }
  const kept = new Set((await keptFiles(id).catch(() => [])).map(({ name }) => name));
  const address = (name: string): string => `${HUB_HOST}/${repository}/resolve/${revision}/${name}`;
  const get = async (name: string): Promise<void> => {
    if (!kept.has(name)) await downloadInto(`${modelFolder(id)}/${name}`, address(name), name, job, log);
  };
  await get('config.json');
  await get('tokenizer.json');
  // Of a model that is kept whole nothing is asked: it loads without a network.
  const isWhole = kept.has('model.safetensors') || kept.has(SHARD_INDEX);
  if (!isWhole && !kept.has(GENERATION_CONFIG)) await getIfThere(GENERATION_CONFIG, id, address, job, log);
  const shards = await weightFiles(address, job, log, kept);
  for (const name of shards) await get(name);
}

/** Keeps a small file that the hub may not have. */
async function getIfThere(
  name: string,
  id: string,
  address: (name: string) => string,
  job: Job,
  log: RequestLog,
): Promise<void> {
  const response = await ask(address(name), name, job);
  const text = response.ok ? await response.text() : '';
  log({ url: address(name), bytesDown: text.length, bytesUp: 0 });
  if (text !== '') await saveFile(`${modelFolder(id)}/${name}`, new TextEncoder().encode(text));
}

/** One file, or the shards named by an index. */
async function weightFiles(
  address: (name: string) => string,
  job: Job,
  log: RequestLog,
  kept: ReadonlySet<string>,
): Promise<string[]> {
  if (kept.has('model.safetensors')) return [];
  if (kept.has(SHARD_INDEX)) return [];
  const response = await ask(address(SHARD_INDEX), SHARD_INDEX, job);
  if (!response.ok) {
    log({ url: address(SHARD_INDEX), bytesDown: 0, bytesUp: 0 });
    return ['model.safetensors'];
  }
  const text = await response.text();
  log({ url: address(SHARD_INDEX), bytesDown: text.length, bytesUp: 0 });
  const index = parsed(text);
  const map =
    typeof index === 'object' && index !== null && 'weight_map' in index ? index.weight_map : undefined;
  const names = typeof map === 'object' && map !== null ? Object.values(map) : [];
  return [SHARD_INDEX, ...new Set(names.filter((name): name is string => typeof name === 'string'))];
}

/** Plain GETs without referrer or credentials: the hub's storage answers neither preflights nor ranges. */
function request(job: Job): RequestInit {
  return {
    referrerPolicy: 'no-referrer',
    credentials: 'omit',
    ...(job.signal === undefined ? {} : { signal: job.signal }),
  };
}

async function download(url: string, name: string, job: Job, log: RequestLog): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  await stream(url, name, job, log, (part) => {
    parts.push(part);
    return Promise.resolve();
  });
  return new Blob(parts);
}

async function downloadInto(
  path: string,
  url: string,
  name: string,
  job: Job,
  log: RequestLog,
): Promise<void> {
  const writable = await openForWriting(path);
  try {
    await stream(url, name, job, log, (part) => writable.write(part));
    await writable.close();
  } catch (error) {
    await writable.abort();
    await removePath(path);
    throw error;
  }
}

async function stream(
  url: string,
  name: string,
  job: Job,
  log: RequestLog,
  take: (part: Uint8Array<ArrayBuffer>) => Promise<void>,
): Promise<void> {
  const response = await ask(url, name, job);
  if (!response.ok || response.body === null) throw refused(name, response.status);
  const total = Number(response.headers.get('content-length') ?? 0);
  let done = 0;
  try {
    const reader = response.body.getReader();
    for (;;) {
      const { done: isDone, value } = await reader.read();
      if (isDone) break;
      await take(value);
      done += value.byteLength;
      job.onProgress?.({ phase: `Loading ${name}`, done, ...(total > 0 ? { total } : {}), unit: 'bytes' });
    }
  } finally {
    log({ url, bytesDown: done, bytesUp: 0 });
  }
}

/** Asks for an address; a server that does not answer is a problem in words. */
async function ask(url: string, name: string, job: Job): Promise<Response> {
  try {
    return await fetch(url, request(job));
  } catch (error) {
    job.signal?.throwIfAborted();
    throw new ProblemError(
      {
        code: 'download-failed',
        message: `${name} could not be downloaded: the server did not answer.`,
        fix: 'Check the connection and try again, or drop the model folder instead.',
        file: name,
      },
      { cause: error },
    );
  }
}

function refused(name: string, status: number): ProblemError {
  return new ProblemError({
    code: 'download-refused',
    message: `${name} could not be downloaded: the server answered ${status}.`,
    fix:
      status === 404
        ? 'Check the name of the model; it must hold config.json, tokenizer.json and safetensors weights.'
        : 'Try again later, or drop the model folder instead.',
    file: name,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an index without parts is found out below
  }
}
