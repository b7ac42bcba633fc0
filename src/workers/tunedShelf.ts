/**
 * What was learned, from the file store onto the device: adapters in PEFT's own files, fully tuned models as
 * safetensors. A few stay loaded; every use goes through files, so what answers is what would be downloaded.
 */
import { disposeAdapter, uploadAdapter, type Adapter } from '../engine/adapters/adapter.ts';
import type { AdapterSnapshot } from '../engine/adapters/adapterPlan.ts';
import { inferencePass, type ForwardPass } from '../engine/t5/forwardPass.ts';
import { disposeWeights, uploadWeight, type Weights } from '../engine/weights.ts';
import { blobSource } from '../formats/byteSource.ts';
import { writeSafetensors, type TensorValues } from '../formats/safetensors.ts';
import { checkModel, streamTensors, type ModelFile } from '../interop/huggingFace.ts';
import { readPeftAdapter, writePeftAdapter } from '../interop/peft.ts';
import { ProblemError } from '../lib/problem.ts';
import { listFiles, loadBytes, loadFile, saveFile } from '../storage/fileStore.ts';
import { adapterFolder } from '../storage/paths.ts';
import type { LoadedModel } from './loadedModel.ts';
import type { Tuned } from './protocol.ts';

export type Shelved = { kind: 'adapter'; adapter: Adapter } | { kind: 'full'; weights: Weights };

const MAX_LOADED = 2;

export interface TunedShelf {
  /** The forward pass for the base model or for it as tuned. Loads what is needed. */
  passFor(tuned: Tuned): Promise<ForwardPass>;
  /** The adapter on the device, or fully tuned weights. */
  get(adapterId: string): Promise<Shelved>;
  /** Takes an adapter off the device, e.g. because its files change. */
  drop(adapterId: string): void;
  dispose(): void;
}

/** A shelf for one loaded model. */
export function makeTunedShelf(model: LoadedModel): TunedShelf {
  const loaded = new Map<string, Shelved>();

  const drop = (id: string): void => {
    const shelved = loaded.get(id);
    loaded.delete(id);
    if (shelved?.kind === 'adapter') disposeAdapter(shelved.adapter);
    else if (shelved !== undefined) disposeWeights(shelved.weights);
  };

  const get = async (id: string): Promise<Shelved> => {
    const present = loaded.get(id);
    if (present !== undefined) {
      loaded.delete(id);
      loaded.set(id, present); // most recently used last
      return present;
    }
    while (loaded.size >= MAX_LOADED) drop([...loaded.keys()][0]!);
    const shelved = await load(id, model);
    loaded.set(id, shelved);
    return shelved;
  };

  return {
    passFor: async (tuned) => {
      if (tuned === null) return inferencePass(model.config, model.weights);
      const shelved = await get(tuned.adapterId);
      return shelved.kind === 'adapter'
        ? inferencePass(model.config, model.weights, shelved.adapter, tuned.strength)
        : inferencePass(model.config, shelved.weights);
    },
    get,
    drop,
    dispose: () => {
      for (const id of loaded.keys()) drop(id);
    },
  };
}

/** Writes an adapter into the file store as PEFT's folder. */
export async function saveAdapter(
  id: string,
  snapshot: AdapterSnapshot,
  model: LoadedModel,
  name: string,
): Promise<void> {
  const base = { baseModelName: model.view.name, config: model.config };
  for (const [file, bytes] of writePeftAdapter(snapshot, { ...base, name })) {
    await saveFile(`${adapterFolder(id)}/${file}`, bytes);
  }
}

/** Writes fully tuned weights into the file store as a Hugging Face model folder. */
export async function saveFull(
  id: string,
  weights: ReadonlyMap<string, TensorValues>,
  model: LoadedModel,
): Promise<void> {
  const text = new TextEncoder();
  await saveFile(`${adapterFolder(id)}/config.json`, text.encode(model.configJson));
  await saveFile(`${adapterFolder(id)}/tokenizer.json`, text.encode(model.view.tokenizerJson));
  await saveFile(`${adapterFolder(id)}/model.safetensors`, writeSafetensors(new Map(weights)));
}

/** All files of a stored adapter or tuned model. Throws ProblemError where there are none. */
export async function readAdapterFiles(id: string): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of await listFiles(adapterFolder(id))) {
    const bytes = await loadBytes(`${adapterFolder(id)}/${name}`);
    if (bytes !== undefined) files.set(name, bytes);
  }
  if (files.size === 0) throw missing();
  return files;
}

async function load(id: string, model: LoadedModel): Promise<Shelved> {
  const files: ModelFile[] = [];
  for (const name of await listFiles(adapterFolder(id))) {
    const file = await loadFile(`${adapterFolder(id)}/${name}`);
    if (file !== undefined) files.push({ name, source: blobSource(file) });
  }
  if (files.some(({ name }) => name === 'adapter_config.json')) {
    const { snapshot } = await readPeftAdapter(files, model.config);
    return { kind: 'adapter', adapter: uploadAdapter(snapshot, model.weights) };
  }
  if (files.length === 0) throw missing();
  const weights = new Map<string, ReturnType<typeof uploadWeight>>();
  await streamTensors(await checkModel(files), (name, shape, values) => {
    weights.set(name, uploadWeight(shape, values));
  });
  return { kind: 'full', weights };
}

function missing(): ProblemError {
  return new ProblemError({
    code: 'adapter-missing',
    message: 'The files of this adapter are no longer kept in this browser.',
    fix: 'Drop the adapter you downloaded, or train again.',
  });
}
