/**
 * A Hugging Face model folder: config.json and model.safetensors (or shards with an index) checked against the table of
 * T5 tensors before anything is uploaded, then streamed tensor by tensor.
 */
import type { T5Config } from '../engine/t5/config.ts';
import { tensorSpecs } from '../engine/t5/spec.ts';
import type { ByteSource } from '../formats/byteSource.ts';
import { readTensor } from '../formats/safetensors.ts';
import { readSafetensorsHeader, type SafetensorsHeader } from '../formats/safetensorsHeader.ts';
import { ProblemError } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { readT5Config } from './t5ConfigJson.ts';

/** A file of a model folder; `name` without folders. */
export interface ModelFile {
  readonly name: string;
  readonly source: ByteSource;
}

/** A checked model: every tensor is known to be there, in the right shape. */
export interface CheckedModel {
  readonly config: T5Config;
  readonly tensors: readonly PlannedTensor[];
  /** Bytes of all tensors in their files. */
  readonly byteLength: number;
  /** Number formats met, e.g. `F32`. */
  readonly dtypes: readonly string[];
  /** Tensors in the files that a T5 does not have; they are not loaded. */
  readonly unexpected: readonly string[];
}

/** One tensor and where its bytes are. */
export interface PlannedTensor {
  /** Name in the model. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Name in the file: differs for aliases of the shared embedding. */
  readonly storedName: string;
  readonly header: SafetensorsHeader;
  readonly source: ByteSource;
}

/** Names under which checkpoints keep the shared embedding; the first that is present counts. */
const EMBEDDING_NAMES = ['shared.weight', 'decoder.embed_tokens.weight', 'encoder.embed_tokens.weight'];

/** In old checkpoints, and ignored by transformers too. */
const OBSOLETE = 'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight';

/** Reads config.json and all headers and checks them. Throws a ProblemError that names the file and the tensor. */
export async function checkModel(files: readonly ModelFile[]): Promise<CheckedModel> {
  const configFile = files.find((file) => file.name === 'config.json');
  if (configFile === undefined) {
    throw new ProblemError({
      code: 'model-no-config',
      message: `There is no config.json among the files (${files.map((file) => file.name).join(', ')}).`,
      fix: 'Add the config.json of the model.',
    });
  }
  const json = await readJson(configFile);
  const config = readT5Config(json, configFile.name);
  const shards = await readShards(files);
  const sharesHead = (json as Record<string, unknown>)['scale_decoder_outputs'] === false;
  const tensors = planTensors(config, shards, sharesHead);
  const used = new Set([...tensors.map((tensor) => tensor.storedName), ...EMBEDDING_NAMES, OBSOLETE]);
  if (config.tieWordEmbeddings) used.add('lm_head.weight');
  const stored = shards.flatMap(({ header }) => [...header.entries.values()]);
  return {
    config,
    tensors,
    byteLength: tensors.reduce((sum, tensor) => sum + storedBytes(tensor), 0),
    dtypes: [...new Set(stored.map((entry) => entry.dtype))].sort(),
    unexpected: stored.map((entry) => entry.name).filter((name) => !used.has(name)),
  };
}

/** Reads every tensor as f32, one after the other, and hands it over. Progress counts bytes of the files. */
export async function streamTensors(
  model: CheckedModel,
  onTensor: (
    name: string,
    shape: readonly number[],
    values: Float32Array<ArrayBuffer>,
  ) => void | Promise<void>,
  job: Job = {},
): Promise<void> {
  let done = 0;
  const report = () =>
    job.onProgress?.({ phase: 'Loading weights', done, total: model.byteLength, unit: 'bytes' });
  report();
  for (const tensor of model.tensors) {
    job.signal?.throwIfAborted();
    const values = await readTensor(tensor.source, tensor.header, tensor.storedName);
    await onTensor(tensor.name, tensor.shape, values);
    done += storedBytes(tensor);
    report();
  }
}

interface Shard {
  readonly source: ByteSource;
  readonly header: SafetensorsHeader;
}

async function readShards(files: readonly ModelFile[]): Promise<Shard[]> {
  const weightFiles = files.filter((file) => file.name.endsWith('.safetensors'));
  const index = files.find((file) => file.name.endsWith('.safetensors.index.json'));
  const wanted = index === undefined ? null : await readIndex(index);
  for (const name of wanted ?? []) {
    if (!weightFiles.some((file) => file.name === name)) {
      throw new ProblemError({
        code: 'model-missing-shard',
        message: `The index names the part "${name}", which is not among the files.`,
        fix: 'Add all parts of the model.',
        file: index!.name,
      });
    }
  }
  const chosen = wanted === null ? weightFiles : weightFiles.filter((file) => wanted.has(file.name));
  if (chosen.length === 0) {
    const pickled = files.find((file) => /\.(bin|pt|pth|h5|msgpack|gguf)$/.test(file.name));
    throw new ProblemError({
      code: 'model-no-weights',
      message:
        pickled === undefined
          ? 'There is no model.safetensors among the files.'
          : `The weights are in "${pickled.name}"; Graft reads safetensors only.`,
      fix: 'Add the model.safetensors of the model (with save_pretrained any model can be saved as one).',
    });
  }
  const shards: Shard[] = [];
  const seen = new Map<string, string>();
  for (const { name, source } of chosen) {
    const header = await readSafetensorsHeader(source, name);
    for (const tensor of header.entries.keys()) {
      const before = seen.get(tensor);
      if (before !== undefined) {
        throw new ProblemError({
          code: 'model-duplicate-tensor',
          message: `Tensor "${tensor}" is in "${before}" and in "${name}".`,
          fix: 'Choose the files of one model only.',
          file: name,
          column: tensor,
        });
      }
      seen.set(tensor, name);
    }
    shards.push({ source, header });
  }
  return shards;
}

/** Names of the parts that an index lists. */
async function readIndex(index: ModelFile): Promise<Set<string>> {
  const json = await readJson(index);
  const map = (json as { weight_map?: unknown } | null)?.weight_map;
  const names = typeof map === 'object' && map !== null ? Object.values(map) : [];
  if (names.length === 0 || !names.every((name) => typeof name === 'string')) {
    throw new ProblemError({
      code: 'model-index',
      message: 'The index has no "weight_map" from tensors to parts.',
      fix: 'Download the index again.',
      file: index.name,
    });
  }
  return new Set(names);
}

function planTensors(config: T5Config, shards: readonly Shard[], sharesHead: boolean): PlannedTensor[] {
  const find = (name: string) => shards.find(({ header }) => header.entries.has(name));
  const planned: PlannedTensor[] = [];
  for (const { name, shape } of tensorSpecs(config)) {
    const names = name === 'shared.weight' ? EMBEDDING_NAMES : [name];
    if (name === 'lm_head.weight' && sharesHead) names.push(...EMBEDDING_NAMES);
    const storedName = names.find((candidate) => find(candidate) !== undefined);
    const shard = storedName === undefined ? undefined : find(storedName);
    if (storedName === undefined || shard === undefined) {
      const first = shards[0]!.header;
      throw new ProblemError({
        code: 'model-missing-tensor',
        message: `Tensor "${name}" [${shape.join(', ')}] is missing.`,
        fix: 'Check that config.json and the weights belong to the same model, and that all parts are there.',
        file: first.file,
        column: name,
      });
    }
    const entry = shard.header.entries.get(storedName)!;
    if (entry.shape.length !== shape.length || entry.shape.some((size, axis) => size !== shape[axis])) {
      throw new ProblemError({
        code: 'model-wrong-shape',
        message: `Tensor "${storedName}" is [${entry.shape.join(', ')}]; by config.json it should be [${shape.join(', ')}].`,
        fix: 'Use the config.json that belongs to these weights.',
        file: shard.header.file,
        column: storedName,
      });
    }
    planned.push({ name, shape, storedName, ...shard });
  }
  return planned;
}

function storedBytes({ header, storedName }: PlannedTensor): number {
  const entry = header.entries.get(storedName)!;
  return entry.end - entry.begin;
}

async function readJson({ name, source }: ModelFile): Promise<unknown> {
  const text = new TextDecoder().decode(await source.slice(0, source.byteLength));
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError({
      code: 'model-json',
      message: `The file is not JSON. It begins with ${JSON.stringify(text.slice(0, 40))}.`,
      fix: 'Download it again; on the model page use the download arrow, not "Save page".',
      file: name,
    });
  }
}
