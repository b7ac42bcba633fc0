/** Adapters out and in: what is offered for download was read back and compared first. */
import { probeLogits } from '../engine/probeLogits.ts';
import { disposeAdapter, readAdapter, uploadAdapter, type Adapter } from '../engine/adapters/adapter.ts';
import type { AdapterSnapshot } from '../engine/adapters/adapterPlan.ts';
import { inferencePass } from '../engine/t5/forwardPass.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { unzipFiles, zipFiles } from '../interop/adapterZip.ts';
import type { ModelFile } from '../interop/huggingFace.ts';
import { readPeftAdapter, writePeftAdapter } from '../interop/peft.ts';
import { largestDifference } from '../lib/differences.ts';
import { ProblemError } from '../lib/problem.ts';
import { fileNameOf } from '../lib/fileName.ts';
import type { Job } from '../lib/progress.ts';
import { saveFile } from '../storage/fileStore.ts';
import { adapterFolder } from '../storage/paths.ts';
import type { LoadedModel } from './loadedModel.ts';
import type { AdapterExportRequest, AdapterView, ExportedAdapter } from './protocol.ts';
import { readAdapterFiles, type TunedShelf } from './tunedShelf.ts';
import { viewOfPlan } from './viewOfPlan.ts';

/** Text for the probe on which the adapter's logits are compared before and after the way through the file. */
const PROBE = 'Summarize the following conversation: Hello, my order has not arrived. I will look into it.';
const PROBE_TOKENS = 24;

/**
 * The adapter as a zip, read back: an adapter as PEFT's folder, full tuning as a Hugging Face model folder; beside it the
 * files of its run.
 */
export async function exportAdapter(
  { adapterId, name, runFiles, checks }: AdapterExportRequest,
  model: LoadedModel,
  shelf: TunedShelf,
  job: Job,
): Promise<ExportedAdapter> {
  const tuned = await shelf.get(adapterId);
  const snapshot = tuned.kind === 'adapter' ? await readAdapter(tuned.adapter) : null;
  const base = { baseModelName: model.view.name, config: model.config };
  const weightFiles =
    snapshot === null
      ? await readAdapterFiles(adapterId)
      : writePeftAdapter(snapshot, { ...base, name, checks });
  const text = new TextEncoder();
  const files = new Map([
    ...weightFiles,
    ...[...runFiles].map(([file, content]) => [file, text.encode(content)] as const),
  ]);
  const zip = await zipFiles(files);
  job.signal?.throwIfAborted();
  const unpacked = await unzipFiles(zip, `${fileNameOf(name)}.zip`);
  await compareBytes(files, unpacked);
  const compared =
    tuned.kind === 'full' || snapshot === null
      ? { check: { compared: 'files' as const, count: files.size } }
      : await compareAdapters(tuned.adapter, snapshot, await readPeftAdapter(unpacked, model.config), model);
  return { fileName: `${fileNameOf(name)}.zip`, zip, ...compared };
}

/** Reads a PEFT adapter for the loaded model and keeps its files. Throws ProblemError when it does not fit. */
export async function importAdapter(
  id: string,
  files: readonly File[],
  model: LoadedModel,
): Promise<AdapterView> {
  const unpacked = await unpack(files);
  const names = unpacked.map(({ name }) => name);
  if (names.includes('config.json') && !names.includes('adapter_config.json')) {
    throw new ProblemError({
      code: 'adapter-is-model',
      message: 'This is a whole model, not an adapter.',
      fix: 'Unzip it and drop its files; Graft then loads it as a model.',
      ...(files[0] === undefined ? {} : { file: files[0].name }),
    });
  }
  const { snapshot, report } = await readPeftAdapter(unpacked, model.config);
  for (const { name, source } of unpacked) {
    await saveFile(`${adapterFolder(id)}/${name}`, await source.slice(0, source.byteLength));
  }
  const { matched, missing, unexpected, ignoredSettings } = report;
  return {
    ...viewOfPlan(snapshot.plan),
    id,
    name: files[0]?.name.replace(/\.(zip|safetensors|json)$/, '') ?? 'imported',
    origin: 'import',
    report: { matched: matched.length, missing, unexpected, ignoredSettings },
  };
}

async function unpack(files: readonly File[]): Promise<ModelFile[]> {
  const unpacked: ModelFile[] = [];
  for (const file of files) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (file.name.toLowerCase().endsWith('.zip')) unpacked.push(...(await unzipFiles(bytes, file.name)));
    else unpacked.push({ name: file.name, source: bytesSource(bytes) });
  }
  return unpacked;
}

async function compareAdapters(
  adapter: Adapter,
  before: AdapterSnapshot,
  read: { snapshot: AdapterSnapshot },
  model: LoadedModel,
): Promise<Pick<ExportedAdapter, 'check' | 'probe'>> {
  let largestWeightDifference = 0;
  for (const [name, { values }] of before.tensors) {
    const other = read.snapshot.tensors.get(name);
    if (other === undefined) throw notTheSame(`${name} is missing`);
    largestWeightDifference = Math.max(largestWeightDifference, largestDifference(values, other.values));
  }
  if (largestWeightDifference !== 0) throw notTheSame(`a weight differs by ${largestWeightDifference}`);
  const again = uploadAdapter(read.snapshot, model.weights);
  try {
    const ids = model.tokenizer.encode(PROBE).slice(0, PROBE_TOKENS);
    const [here, there] = [
      await probeLogits(inferencePass(model.config, model.weights, adapter), ids),
      await probeLogits(inferencePass(model.config, model.weights, again), ids),
    ];
    const largestLogitDifference = largestDifference(here.logits, there.logits);
    const count = before.tensors.size;
    return {
      check: { compared: 'tensors', count, largestWeightDifference, largestLogitDifference },
      probe: here,
    };
  } finally {
    disposeAdapter(again);
  }
}

/** Throws where a file does not come back byte for byte. */
async function compareBytes(
  files: ReadonlyMap<string, Uint8Array>,
  unpacked: readonly ModelFile[],
): Promise<void> {
  for (const [name, bytes] of files) {
    const source = unpacked.find((file) => file.name === name)?.source;
    const other = await source?.slice(0, source.byteLength);
    const isEqual = other?.length === bytes.length && bytes.every((byte, i) => byte === other[i]);
    if (!isEqual) throw notTheSame(`${name} differs`);
  }
}

function notTheSame(what: string): ProblemError {
  return new ProblemError({
    code: 'export-differs',
    message: `The file read back is not what was written: ${what}.`,
    fix: 'Try the download again; if it happens again, report it.',
  });
}
