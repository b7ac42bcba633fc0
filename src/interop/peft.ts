/**
 * Adapters as PEFT stores them: adapter_config.json, adapter_model.safetensors and a model card.
 * Reference: peft docs/source/developer_guides/checkpoint.md, tuners/{lora,ia3,prompt_tuning} and utils/save_and_load.py.
 */
import { adapterSpecs, type AdapterPlan, type AdapterSnapshot } from '../engine/adapters/adapterPlan.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { readTensor, writeSafetensors, type TensorValues } from '../formats/safetensors.ts';
import { readSafetensorsHeader, type TensorEntry } from '../formats/safetensorsHeader.ts';
import { ProblemError } from '../lib/problem.ts';
import type { ModelFile } from './huggingFace.ts';
import { peftModelCard } from './peftModelCard.ts';
import { readPeftSettings, type PeftSettings } from './peftSettings.ts';
import { keepModules, planFromPeft } from './planFromPeft.ts';
import { writePeftSettings } from './writePeftSettings.ts';

/** Put before every tensor's name in an adapter file; prompts alone go without. */
const KEY_PREFIX = 'base_model.model.';

/** What was found in an adapter file. */
export interface AdapterReport {
  /** Tensors loaded. */
  readonly matched: readonly string[];
  /** Tensors that the settings ask for but the file lacks; their modules are as in the base model. */
  readonly missing: readonly string[];
  /** Tensors in the file that the settings and the model have no place for; not used. */
  readonly unexpected: readonly string[];
  /** Fields of adapter_config.json that Graft does not know; not used. */
  readonly ignoredSettings: readonly string[];
  /** Name of the base model as the adapter says. */
  readonly baseModelName: string;
}

/**
 * The files of an adapter folder, ready to be saved or zipped: name → bytes. `config` is that of the base model; `checks` are
 * sentences for the model card about what was tried on the device.
 */
export function writePeftAdapter(
  { plan, tensors }: AdapterSnapshot,
  {
    baseModelName,
    name,
    config,
    checks = [],
  }: { baseModelName: string; name: string; config: T5Config; checks?: readonly string[] },
): Map<string, Uint8Array<ArrayBuffer>> {
  const keyed = new Map([...tensors].map(([tensor, values]) => [keyOf(plan, tensor), values]));
  const text = new TextEncoder();
  return new Map([
    ['adapter_config.json', text.encode(writePeftSettings(plan, { baseModelName, ...config }))],
    ['adapter_model.safetensors', writeSafetensors(keyed)],
    ['README.md', text.encode(peftModelCard(plan, { baseModelName, name, checks }))],
  ]);
}

/**
 * Reads an adapter folder for a model. Missing and unexpected tensors are reported, as PEFT drops them silently; an
 * adapter of which nothing fits, or with a tensor of another size, is refused with the first mismatch named.
 */
export async function readPeftAdapter(
  files: readonly ModelFile[],
  config: T5Config,
): Promise<{ snapshot: AdapterSnapshot; report: AdapterReport }> {
  const settings = await readSettings(files);
  const weights = chooseWeights(files);
  const header = await readSafetensorsHeader(weights.source, weights.name);
  const wanted = planFromPeft(settings, config);

  const missing: string[] = [];
  for (const { name, shape } of adapterSpecs(wanted)) {
    const key = keyOf(wanted, name);
    const entry = header.entries.get(key);
    if (entry === undefined) missing.push(key);
    else checkShape(entry, shape, weights.name, settings);
  }
  const isThere = (name: string): boolean => header.entries.has(keyOf(wanted, name));
  const plan = keepModules(wanted, config, (path) => hasMatrices(wanted, path, isThere));
  const tensors = new Map<string, TensorValues>();
  for (const { name, shape } of adapterSpecs(plan)) {
    if (!isThere(name)) continue;
    tensors.set(name, { shape, values: await readTensor(weights.source, header, keyOf(plan, name)) });
  }
  const loaded = new Set([...tensors.keys()].map((name) => keyOf(plan, name)));
  const unexpected = [...header.entries.keys()].filter((key) => !loaded.has(key)).sort();
  if (loaded.size === 0) throw notForThisModel(unexpected[0], missing[0], weights.name, settings);
  const { ignored: ignoredSettings, baseModelName } = settings;
  return {
    snapshot: { plan, tensors },
    report: { matched: [...loaded], missing, unexpected, ignoredSettings, baseModelName },
  };
}

function keyOf(plan: AdapterPlan, tensor: string): string {
  return plan.kind === 'prompt-tuning' ? tensor : `${KEY_PREFIX}${tensor}`;
}

/** Whether a module can work: LoRA needs both matrices, IA³ its factors. DoRA's lengths have a start of their own. */
function hasMatrices(plan: AdapterPlan, path: string, isThere: (name: string) => boolean): boolean {
  if (plan.kind === 'lora') return isThere(`${path}.lora_A.weight`) && isThere(`${path}.lora_B.weight`);
  return plan.kind === 'ia3' ? isThere(`${path}.ia3_l`) : true;
}

async function readSettings(files: readonly ModelFile[]): Promise<PeftSettings> {
  const file = files.find(({ name }) => name === 'adapter_config.json');
  if (file === undefined) {
    throw new ProblemError({
      code: 'adapter-no-config',
      message: `There is no adapter_config.json among the files (${files.map(({ name }) => name).join(', ')}).`,
      fix: 'Add the adapter_config.json that was saved with the adapter.',
    });
  }
  const bytes = await file.source.slice(0, file.source.byteLength);
  return readPeftSettings(new TextDecoder().decode(bytes), file.name);
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
  { baseModelName }: PeftSettings,
): void {
  if (entry.shape.join() === wanted.join()) return;
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
  { baseModelName }: PeftSettings,
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
