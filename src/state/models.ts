/** The loaded model, and which models are kept in this browser. */
import { create } from 'zustand';
import type { WeightPrecision } from '../engine/weights.ts';
import { toProblem, type Problem } from '../lib/problem.ts';
import type { Progress } from '../lib/progress.ts';
import { removePath } from '../storage/fileStore.ts';
import { modelFolder } from '../storage/paths.ts';
import {
  loadRecord,
  loadRecords,
  loadSetting,
  removeRecord,
  saveRecord,
  saveSetting,
  type ModelRecord,
} from '../storage/records.ts';
import { engine } from '../workers/engineClient.ts';
import type { ModelSource, ModelView } from '../workers/protocol.ts';
import { isAbort } from '../workers/rpc.ts';
import { tokenizerWorker } from '../workers/tokenizerClient.ts';
import { ensureDevice, refreshMemory } from './device.ts';

export interface ModelState {
  status: 'empty' | 'loading' | 'ready';
  progress?: Progress | undefined;
  problem?: Problem | undefined;
  model?: ModelView | undefined;
  /** How matrices that are not trained lie on a GPU, from the next load on. */
  precision: WeightPrecision;
  /** Models from files or the hub that are kept in this browser. */
  stored: readonly ModelRecord[];
}

export const useModels = create<ModelState>(() => ({
  status: 'empty',
  precision: 'auto',
  stored: [],
}));

export const starterSource: ModelSource = { kind: 'bundled', id: 'starter', baseUrl: 'models/starter/' };

/** Choices, in the order in which they are shown. */
export const PRECISIONS: readonly WeightPrecision[] = ['auto', 'f32', 'f16', 'i8'];

let loading: AbortController | undefined;
let lastLoad: Promise<unknown> = Promise.resolve();
const whenLoaded: (() => void)[] = [];

/** Calls back each time a model was loaded. */
export function onModelLoaded(listener: () => void): void {
  whenLoaded.push(listener);
}

/** Loads the model bundled with Graft. */
export const loadStarter = (): Promise<boolean> => loadModel(starterSource);

/** Loads a model from dropped files: config.json, tokenizer.json and safetensors. */
export const loadModelFiles = (files: readonly File[]): Promise<boolean> =>
  loadModel({ kind: 'files', id: crypto.randomUUID(), files });

/** Loads a model from the Hugging Face hub, e.g. `google/flan-t5-small`. */
export const loadHubModel = (repository: string, revision = 'main'): Promise<boolean> =>
  loadModel({ kind: 'hub', id: `hub-${repository.replaceAll('/', '--')}`, repository, revision });

/** Loads a model kept in this browser. */
export async function loadStoredModel(id: string): Promise<boolean> {
  const record = await loadRecord('models', id);
  if (record === undefined) return false;
  const { name, source } = record.view;
  return loadModel({ kind: 'stored', id, name, origin: source === 'hub' ? 'hub' : 'files' });
}

/** Loads a model; true when it is ready. On failure the one before stays usable. A newer load ends an older one. */
export function loadModel(source: ModelSource): Promise<boolean> {
  loading?.abort();
  const controller = new AbortController();
  loading = controller;
  const load = lastLoad.then(() => loadNow(source, controller));
  lastLoad = load;
  return load;
}

async function loadNow(source: ModelSource, controller: AbortController): Promise<boolean> {
  if (loading !== controller) return false;
  const before = useModels.getState().model;
  useModels.setState({ status: 'loading', problem: undefined, progress: undefined });
  try {
    await ensureDevice();
    const model = await engine().call(
      'loadModel',
      { source: withAbsoluteUrl(source), precision: useModels.getState().precision },
      { signal: controller.signal, onProgress: (progress) => useModels.setState({ progress }) },
    );
    await tokenizerWorker().call('useTokenizer', { json: model.tokenizerJson, name: model.name });
    useModels.setState({ status: 'ready', model, progress: undefined });
    void refreshMemory();
    const { tokenizerJson: _text, ...view } = model;
    if (source.kind === 'files' || source.kind === 'hub') {
      await saveRecord('models', { id: model.id, savedAt: Date.now(), view });
    }
    await saveSetting('model', model.id);
    await refreshStored();
    for (const listener of whenLoaded) listener();
    return true;
  } catch (error) {
    if (loading !== controller) return false;
    useModels.setState({
      status: before === undefined ? 'empty' : 'ready',
      progress: undefined,
      ...(isAbort(error) ? {} : { problem: toProblem(error) }),
    });
    return false;
  } finally {
    if (loading === controller) loading = undefined;
  }
}

/** Stops the loading of a model. */
export function cancelLoading(): void {
  loading?.abort();
}

/** Makes a model the loaded one where it is not already; true when it is ready. */
export async function ensureModel(id: string): Promise<boolean> {
  if (useModels.getState().model?.id === id && useModels.getState().status === 'ready') return true;
  return id === starterSource.id ? loadStarter() : loadStoredModel(id);
}

/** Chooses in how many bits matrices that are not trained are kept; holds for models loaded afterwards. */
export async function setPrecision(precision: WeightPrecision): Promise<void> {
  useModels.setState({ precision });
  await saveSetting('precision', precision);
}

/** Loads again what was loaded before a reload; nothing where there was nothing. */
export async function restoreModel(): Promise<void> {
  const kept = await loadSetting('precision');
  const precision = PRECISIONS.find((known) => known === kept);
  if (precision !== undefined) useModels.setState({ precision });
  await refreshStored();
  const id = await loadSetting('model');
  if (typeof id === 'string' && useModels.getState().status === 'empty') await ensureModel(id);
}

/** Deletes a kept model from this browser. */
export async function deleteStoredModel(id: string): Promise<void> {
  await removeRecord('models', id);
  await removePath(modelFolder(id));
  await refreshStored();
}

/** Called when the engine was restarted: nothing is loaded there any more. */
export function forgetModel(): void {
  useModels.setState({ status: 'empty', model: undefined, progress: undefined });
}

async function refreshStored(): Promise<void> {
  useModels.setState({ stored: await loadRecords('models') });
}

/** A worker resolves addresses against its own script, so bundled files get the page's address. */
function withAbsoluteUrl(source: ModelSource): ModelSource {
  return source.kind === 'bundled'
    ? { ...source, baseUrl: new URL(source.baseUrl, location.href).href }
    : source;
}
