/** What was learned and can be switched on: adapters of runs and imported ones; download and import. */
import { create } from 'zustand';
import { toProblem, type Problem } from '../lib/problem.ts';
import type { Progress } from '../lib/progress.ts';
import { loadFile } from '../storage/fileStore.ts';
import {
  loadRecord,
  loadRecords,
  saveRecord,
  type AdapterRecord,
  type RunRecord,
} from '../storage/records.ts';
import { trainerFiles } from '../training/trainerFiles.ts';
import { engine } from '../workers/engineClient.ts';
import { isAbort } from '../workers/rpc.ts';
import type { AdapterView, ExportedAdapter } from '../workers/protocol.ts';
import { useModels } from './models.ts';
import { readRunRecord } from './readRunRecord.ts';
import { stampFiles, stampSentences } from './runStamp.ts';

export interface AdapterState {
  /** Newest first. */
  adapters: readonly AdapterRecord[];
  /** The adapter that Compare and Export speak of. */
  chosenId?: string | undefined;
  /** Weight of the adapter when it answers, 0 to 1.5. */
  strength: number;
  isExporting: boolean;
  exported?: ExportedAdapter | undefined;
  /** A merged model is being written. */
  isMerging: boolean;
  mergeProgress?: Progress | undefined;
  isImporting: boolean;
  problem?: Problem | undefined;
}

export const useAdapters = create<AdapterState>(() => ({
  adapters: [],
  strength: 1,
  isExporting: false,
  isMerging: false,
  isImporting: false,
}));

/** The chosen adapter, if any. */
export const chosenAdapter = ({ adapters, chosenId }: AdapterState): AdapterRecord | undefined =>
  adapters.find(({ id }) => id === chosenId);

/** Reads the stored adapters. */
export async function restoreAdapters(): Promise<void> {
  const adapters = await loadRecords('adapters');
  adapters.sort((a, b) => b.savedAt - a.savedAt);
  useAdapters.setState({ adapters, chosenId: adapters[0]?.id });
}

/** Adds an adapter and chooses it. */
export async function registerAdapter(view: AdapterView, modelId: string): Promise<void> {
  const record: AdapterRecord = { id: view.id, savedAt: Date.now(), modelId, view };
  await saveRecord('adapters', record);
  useAdapters.setState(({ adapters }) => ({
    adapters: [record, ...adapters.filter(({ id }) => id !== view.id)],
    chosenId: view.id,
    exported: undefined,
    problem: undefined,
  }));
}

/** Chooses the adapter to compare and export. */
export function chooseAdapter(id: string): void {
  useAdapters.setState({ chosenId: id, exported: undefined, problem: undefined });
}

export const setStrength = (strength: number): void => useAdapters.setState({ strength });

/** Writes the adapter as a PEFT zip, reads it back, compares; the result waits in `exported` to be saved. */
export async function exportAdapter(): Promise<ExportedAdapter | undefined> {
  const adapter = chosenAdapter(useAdapters.getState());
  if (adapter === undefined) return undefined;
  useAdapters.setState({ isExporting: true, problem: undefined, exported: undefined });
  try {
    const exported = await engine().call('exportAdapter', {
      adapterId: adapter.id,
      name: adapter.view.name,
      runFiles: await runFilesOf(adapter),
      checks: await checksOf(adapter),
    });
    useAdapters.setState({ exported });
    return exported;
  } catch (error) {
    useAdapters.setState({ problem: toProblem(error) });
    return undefined;
  } finally {
    useAdapters.setState({ isExporting: false });
  }
}

/** What the run of an adapter wrote down, in the files of transformers' Trainer, and its proof; none for one from elsewhere. */
async function runFilesOf({ id }: AdapterRecord): Promise<Map<string, string>> {
  const run = await runOf(id);
  return run === undefined ? new Map() : new Map([...trainerFiles(run), ...stampFiles(run)]);
}

/** What was tried on the device of the adapter's run; nothing for one from elsewhere. */
async function checksOf({ id }: AdapterRecord): Promise<string[]> {
  const run = await runOf(id);
  return run === undefined ? [] : stampSentences(run);
}

async function runOf(adapterId: string): Promise<RunRecord | undefined> {
  const stored = await loadRecord('runs', adapterId);
  return stored === undefined ? undefined : readRunRecord(stored);
}

let merging: AbortController | undefined;

/** Writes the adapter's model with the adapter folded in; the stored file, or undefined when stopped or failed. */
export async function exportMerged(format: 'F32' | 'F16'): Promise<{ name: string; file: File } | undefined> {
  const adapter = chosenAdapter(useAdapters.getState());
  if (adapter === undefined) return undefined;
  merging = new AbortController();
  useAdapters.setState({ isMerging: true, mergeProgress: undefined, problem: undefined });
  try {
    const { fileName, path } = await engine().call(
      'exportMerged',
      { adapterId: adapter.id, name: adapter.view.name, format, runFiles: await runFilesOf(adapter) },
      {
        signal: merging.signal,
        onProgress: (mergeProgress) => {
          useAdapters.setState({ mergeProgress });
        },
      },
    );
    const file = await loadFile(path);
    return file === undefined ? undefined : { name: fileName, file };
  } catch (error) {
    if (!isAbort(error)) useAdapters.setState({ problem: toProblem(error) });
    return undefined;
  } finally {
    useAdapters.setState({ isMerging: false, mergeProgress: undefined });
  }
}

/** Stops writing the merged model. */
export const stopMerging = (): void => merging?.abort();

/** Reads a dropped PEFT adapter (zip or loose files) for the loaded model. */
export async function importAdapter(files: readonly File[]): Promise<void> {
  useAdapters.setState({ isImporting: true, problem: undefined });
  try {
    const view = await engine().call('importAdapter', { id: crypto.randomUUID(), files });
    await registerAdapter(view, useModels.getState().model?.id ?? 'starter');
  } catch (error) {
    useAdapters.setState({ problem: toProblem(error) });
  } finally {
    useAdapters.setState({ isImporting: false });
  }
}

/** Takes an adapter whose run was deleted off the list. */
export function dropAdapter(id: string): void {
  useAdapters.setState(({ adapters, chosenId }) => {
    const left = adapters.filter((adapter) => adapter.id !== id);
    return { adapters: left, chosenId: chosenId === id ? left[0]?.id : chosenId };
  });
}
