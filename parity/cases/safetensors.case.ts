/** safetensors files of the reference package read and written again; malformed ones refused. */
import { bytesSource } from '../../src/formats/byteSource.ts';
import { readTensor, writeSafetensors, type TensorValues } from '../../src/formats/safetensors.ts';
import { readSafetensorsHeader } from '../../src/formats/safetensorsHeader.ts';
import { ProblemError } from '../../src/lib/problem.ts';
import { compareCounts } from '../lib/compare.ts';
import type { Folder } from '../lib/folder.ts';
import type { ParityCase } from '../lib/parityCase.ts';

interface SoundFile {
  metadata: Record<string, string>;
  tensors: Record<string, { shape: number[]; values: (number | 'Infinity' | '-Infinity')[] }>;
}

interface JudgedFile {
  name: string;
  accepted: boolean;
  bytes: number[];
}

const safetensors: ParityCase = {
  usesDevice: false,
  async *run(folder) {
    const sound = await folder.json<SoundFile[]>('sound.json');
    let equalCount = 0;
    for (const [i, expected] of sound.entries()) {
      if (await readAndWrite(folder, `${i}.safetensors`, expected)) equalCount++;
    }
    yield compareCounts('files written by safetensors, read by us', equalCount, sound.length);

    const judged = await folder.json<{ published: number; files: JudgedFile[] }>('judged.json');
    const differing: string[] = [];
    for (const { name, accepted, bytes } of judged.files) {
      if ((await isAccepted(Uint8Array.from(bytes))) !== accepted) differing.push(name);
    }
    const isPublished = (name: string) => !name.startsWith('damaged ');
    const published = differing.filter(isPublished);
    const count = judged.files.length - judged.published;
    yield compareCounts(
      label('published malformed files refused', published),
      judged.published - published.length,
      judged.published,
    );
    const damaged = differing.filter((name) => !isPublished(name));
    yield compareCounts(
      label('damaged files judged as safetensors does', damaged),
      count - damaged.length,
      count,
    );
  },
};

export default safetensors;

const label = (name: string, differing: readonly string[]): string =>
  differing.length === 0 ? name : `${name}, not ${differing.slice(0, 5).join(', ')}`;

/** Whether a file's content is what Python says; writes it again for Python to read. */
async function readAndWrite(folder: Folder, path: string, expected: SoundFile): Promise<boolean> {
  const source = await folder.source(path);
  const header = await readSafetensorsHeader(source, path);
  const tensors = new Map<string, TensorValues>();
  for (const { name, shape } of header.entries.values()) {
    tensors.set(name, { shape, values: await readTensor(source, header, name) });
  }
  await folder.write(`ours/${path}`, writeSafetensors(tensors, header.metadata));
  const wanted = Object.entries(expected.tensors);
  return (
    tensors.size === wanted.length &&
    JSON.stringify(sorted(header.metadata)) === JSON.stringify(sorted(expected.metadata)) &&
    wanted.every(([name, { shape, values }]) => {
      const found = tensors.get(name);
      return (
        found?.shape.join() === shape.join() && values.every((value, i) => found.values[i] === Number(value))
      );
    })
  );
}

const sorted = (record: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));

/** Whether our reader takes the file. Anything but a plain refusal is an error of ours. */
async function isAccepted(bytes: Uint8Array): Promise<boolean> {
  try {
    await readSafetensorsHeader(bytesSource(bytes), 'file');
    return true;
  } catch (error) {
    if (error instanceof ProblemError) return false;
    throw error;
  }
}
