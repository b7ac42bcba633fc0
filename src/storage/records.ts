/**
 * Small records in IndexedDB, written by the page's thread only: runs, datasets, models, adapters and settings.
 * Every record is plain data and carries what is needed to show it again after a reload.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Problem } from '../lib/problem.ts';
import type { Task } from '../data/task.ts';
import type { EvalMetrics, StepMetrics } from '../training/metrics.ts';
import type { OpVerdict } from '../engine/selfCheck/opVerdict.ts';
import type { ProofReport } from '../training/proof/proofReport.ts';
import type { RunConfig } from '../training/runConfig.ts';
import type {
  AdapterView,
  DatasetView,
  ExamplesRequest,
  ModelView,
  RunOutcome,
  SampleText,
} from '../workers/protocol.ts';

export type RunStatus =
  | 'running'
  | 'paused'
  /** The page was closed or the device lost while it ran; a checkpoint may be there. */
  | 'interrupted'
  | 'done'
  | 'stopped'
  | 'failed';

export interface RunRecord {
  id: string;
  name: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  updatedAt: number;
  status: RunStatus;
  modelId: string;
  modelName: string;
  datasetId: string;
  datasetName: string;
  examples: ExamplesRequest;
  trainExampleCount: number;
  config: RunConfig;
  totalSteps: number;
  steps: readonly StepMetrics[];
  evaluations: readonly EvalMetrics[];
  /** Sample generations by evaluation step. */
  samples: readonly { step: number; texts: readonly SampleText[] }[];
  checkpointStep?: number;
  /** The device it was last started or resumed on. */
  deviceName?: string;
  /** What the check of the device's kernels before the first step found; empty on WASM. */
  deviceCheck?: readonly OpVerdict[];
  /** The proof of this device and model: the last one before the run, or else the first one after it. */
  proof?: ProofReport;
  outcome?: RunOutcome;
  problem?: Problem;
}

export interface DatasetRecord {
  id: string;
  savedAt: number;
  view: DatasetView;
  task: Task;
  excludedRows: readonly number[];
}

export interface ModelRecord {
  id: string;
  savedAt: number;
  view: Omit<ModelView, 'tokenizerJson'>;
}

export interface AdapterRecord {
  id: string;
  savedAt: number;
  modelId: string;
  view: AdapterView;
}

interface GraftSchema extends DBSchema {
  runs: { key: string; value: RunRecord };
  datasets: { key: string; value: DatasetRecord };
  models: { key: string; value: ModelRecord };
  adapters: { key: string; value: AdapterRecord };
  settings: { key: string; value: unknown };
}

let opened: Promise<IDBPDatabase<GraftSchema>> | undefined;

/** The database, opened once. */
function database(): Promise<IDBPDatabase<GraftSchema>> {
  opened ??= openDB<GraftSchema>('graft', 1, {
    upgrade(db) {
      db.createObjectStore('runs', { keyPath: 'id' });
      db.createObjectStore('datasets', { keyPath: 'id' });
      db.createObjectStore('models', { keyPath: 'id' });
      db.createObjectStore('adapters', { keyPath: 'id' });
      db.createObjectStore('settings');
    },
  });
  return opened;
}

type RecordKind = 'runs' | 'datasets' | 'models' | 'adapters';
type RecordOf<K extends RecordKind> = GraftSchema[K]['value'];

/** Stores a record under its id, replacing the older one. */
export async function saveRecord<K extends RecordKind>(kind: K, record: RecordOf<K>): Promise<void> {
  await (await database()).put(kind, record);
}

/** One record, or undefined. */
export async function loadRecord<K extends RecordKind>(
  kind: K,
  id: string,
): Promise<RecordOf<K> | undefined> {
  return (await database()).get(kind, id);
}

/** All records of a kind. */
export async function loadRecords<K extends RecordKind>(kind: K): Promise<RecordOf<K>[]> {
  return (await database()).getAll(kind);
}

/** Removes a record; absent is fine. */
export async function removeRecord(kind: RecordKind, id: string): Promise<void> {
  await (await database()).delete(kind, id);
}

/** A small named value, e.g. which dataset was open. */
export async function saveSetting(name: string, value: unknown): Promise<void> {
  await (await database()).put('settings', value, name);
}

/** The named value as it was stored; the caller checks its form. */
export async function loadSetting(name: string): Promise<unknown> {
  return (await database()).get('settings', name);
}
