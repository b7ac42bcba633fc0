/**
 * LoRA adapters as PEFT stores them: adapter_config.json, adapter_model.safetensors and a model card.
 * Reference: peft docs/source/developer_guides/checkpoint.md and tuners/lora/{config,model,layer}.py.
 */
import type { AdapterSnapshot, LoraMatrices } from '../engine/adapterSnapshot.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { linearSpecs } from '../engine/t5/spec.ts';
import { readTensor, writeSafetensors, type TensorValues } from '../formats/safetensors.ts';
import { readSafetensorsHeader, type TensorEntry } from '../formats/safetensorsHeader.ts';
import { ProblemError } from '../lib/problem.ts';
import type { ModelFile } from './huggingFace.ts';
import { readLoraSettings, writeLoraSettings, type LoraSettingsFile } from './peftConfig.ts';

/** Put before every module path in an adapter file. */
const KEY_PREFIX = 'base_model.model.';

/** What was found in an adapter file. */
export interface AdapterReport {
  /** Tensors loaded. */
  readonly matched: readonly string[];
  /** Tensors that the settings ask for but the file lacks; their modules have no adapter. */
  readonly missing: readonly string[];
  /** Tensors in the file that belong to no module of this model; not used. */
  readonly unexpected: readonly string[];
  /** Name of the base model as the adapter says. */
  readonly baseModelName: string;
}

/** The files of an adapter folder, ready to be saved or zipped: name → bytes. */
export function writePeftAdapter(
  snapshot: AdapterSnapshot,
  { baseModelName, name }: { baseModelName: string; name: string },
): Map<string, Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, TensorValues>();
  for (const [path, { rank, inSize, outSize, a, b }] of snapshot.modules) {
    tensors.set(`${KEY_PREFIX}${path}.lora_A.weight`, { shape: [rank, inSize], values: a });
    tensors.set(`${KEY_PREFIX}${path}.lora_B.weight`, { shape: [outSize, rank], values: b });
  }
  const text = new TextEncoder();
  return new Map([
    ['adapter_config.json', text.encode(writeLoraSettings(snapshot, baseModelName))],
    ['adapter_model.safetensors', writeSafetensors(tensors)],
    ['README.md', text.encode(modelCard(snapshot, baseModelName, name))],
  ]);
}

/**
 * Reads an adapter folder for a model. Missing and unexpected tensors are reported, as PEFT drops them silently; an
 * adapter of which nothing fits, or with a matrix of another size, is refused with the first mismatch named.
 */
export async function readPeftAdapter(
  files: readonly ModelFile[],
  config: T5Config,
): Promise<{ snapshot: AdapterSnapshot; report: AdapterReport }> {
  const settings = await readSettings(files);
  const weights = chooseWeights(files);
  const header = await readSafetensorsHeader(weights.source, weights.name);
  const linears = new Map(linearSpecs(config).map((linear) => [linear.path, linear]));

  const modules = new Map<string, LoraMatrices>();
  const matched: string[] = [];
  const missing: string[] = [];
  for (const [path, { module, inSize, outSize }] of linears) {
    const names = { a: `${KEY_PREFIX}${path}.lora_A.weight`, b: `${KEY_PREFIX}${path}.lora_B.weight` };
    const a = header.entries.get(names.a);
    const b = header.entries.get(names.b);
    if (a === undefined || b === undefined) {
      const wanted = settings.isTarget(path, module) || a !== undefined || b !== undefined;
      if (wanted) missing.push(...(a === undefined ? [names.a] : []), ...(b === undefined ? [names.b] : []));
      continue;
    }
    const rank = settings.rankOf(path);
    checkShape(a, [rank, inSize], weights.name, settings);
    checkShape(b, [outSize, rank], weights.name, settings);
    modules.set(path, {
      rank,
      alpha: settings.alphaOf(path),
      inSize,
      outSize,
      a: await readTensor(weights.source, header, names.a),
      b: await readTensor(weights.source, header, names.b),
    });
    matched.push(names.a, names.b);
  }
  const unexpected = [...header.entries.keys()].filter((name) => !matched.includes(name)).sort();
  if (modules.size === 0) throw notForThisModel(unexpected[0], missing[0], weights.name, settings);
  const targets = [...new Set([...modules.keys()].map((path) => linears.get(path)!.module))];
  const { r, alpha, dropout, isRankStabilised, baseModelName } = settings;
  return {
    snapshot: { r, alpha, dropout, targets, isRankStabilised, modules },
    report: { matched, missing, unexpected, baseModelName },
  };
}

async function readSettings(files: readonly ModelFile[]): Promise<LoraSettingsFile> {
  const file = files.find(({ name }) => name === 'adapter_config.json');
  if (file === undefined) {
    throw new ProblemError({
      code: 'adapter-no-config',
      message: `There is no adapter_config.json among the files (${files.map(({ name }) => name).join(', ')}).`,
      fix: 'Add the adapter_config.json that was saved with the adapter.',
    });
  }
  const bytes = await file.source.slice(0, file.source.byteLength);
  return readLoraSettings(new TextDecoder().decode(bytes), file.name);
}

function chooseWeights(files: readonly ModelFile[]): ModelFile {
  const file = files.find(({ name }) => name === 'adapter_model.safetensors');
  if (file !== undefined) return file;
  const pickled = files.find(({ name }) => name === 'adapter_model.bin');
  throw new ProblemError({
    code: 'adapter-no-weights',
    message:
      pickled === undefined
        ? 'There is no adapter_model.safetensors among the files.'
        : 'The adapter is in adapter_model.bin; Graft reads safetensors only.',
    fix: 'Add adapter_model.safetensors; in Python save_pretrained(..., safe_serialization=True) writes it.',
  });
}

function checkShape(
  entry: TensorEntry,
  wanted: readonly number[],
  file: string,
  { baseModelName }: LoraSettingsFile,
): void {
  if (entry.shape.length === 2 && entry.shape[0] === wanted[0] && entry.shape[1] === wanted[1]) return;
  throw new ProblemError({
    code: 'adapter-other-model',
    message: `Tensor "${entry.name}" is [${entry.shape.join(', ')}]; this model and adapter_config.json need [${wanted.join(', ')}].`,
    fix: `Load the model that the adapter was trained on${named(baseModelName)}.`,
    file,
    column: entry.name,
  });
}

function notForThisModel(
  unexpected: string | undefined,
  missing: string | undefined,
  file: string,
  { baseModelName }: LoraSettingsFile,
): ProblemError {
  const has = unexpected === undefined ? 'The file has no tensors' : `The file has "${unexpected}"`;
  const lacks = missing === undefined ? '' : ` and lacks "${missing}"`;
  return new ProblemError({
    code: 'adapter-other-model',
    message: `No tensor of the adapter belongs to this model. ${has}${lacks}.`,
    fix: `Load the model that the adapter was trained on${named(baseModelName)}.`,
    file,
    ...(unexpected === undefined ? {} : { column: unexpected }),
  });
}

function named(baseModelName: string): string {
  return baseModelName === '' ? '' : `: ${baseModelName}`;
}

function modelCard(snapshot: AdapterSnapshot, baseModelName: string, name: string): string {
  const { r, alpha, dropout, targets } = snapshot;
  return `---
base_model: ${JSON.stringify(baseModelName)}
library_name: peft
pipeline_tag: text2text-generation
tags:
- base_model:adapter:${baseModelName}
- lora
- transformers
---

# ${name}

A LoRA adapter for \`${baseModelName}\`, trained in the browser with Graft.

| r | alpha | dropout | targets |
| --- | --- | --- | --- |
| ${r} | ${alpha} | ${dropout} | ${targets.join(', ')} |

\`\`\`python
from peft import PeftModel
from transformers import AutoModelForSeq2SeqLM

model = AutoModelForSeq2SeqLM.from_pretrained(${JSON.stringify(baseModelName)})
model = PeftModel.from_pretrained(model, "path/to/this/folder")
\`\`\`

### Framework versions

- PEFT 0.10.0
`;
}
