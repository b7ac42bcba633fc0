/**
 * What the page may ask of its two workers, and what they tell unasked. Requests and answers are plain data.
 * Invariant: big bytes go through the file store (OPFS); messages carry their ids. Token arrays are moved, not copied.
 */
import type { ColumnStats } from '../data/mapping.ts';
import type { Finding } from '../data/findings.ts';
import type { ExamplePreview } from '../data/preview.ts';
import type { Example } from '../data/example.ts';
import type { Task } from '../data/task.ts';
import type { TokenSet, TokenSetSummary } from '../data/tokenSet.ts';
import type { DecodingOptions } from '../engine/decoding/decodingOptions.ts';
import type { GenerationConfig } from '../engine/decoding/generationConfig.ts';
import type { DeviceReport } from '../engine/device.ts';
import type { Row, Table } from '../formats/table.ts';
import type { Problem } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import type { Passage } from '../rag/passage.ts';
import type { EvalMetrics, StepMetrics } from '../training/metrics.ts';
import type { RunConfig } from '../training/runConfig.ts';
import type { Probe } from '../engine/probeLogits.ts';
import type { KernelProfile } from '../engine/profile/kernelTimes.ts';
import type { OpVerdict } from '../engine/selfCheck/opVerdict.ts';
import type { T5Config } from '../engine/t5/config.ts';
import type { WeightPrecision } from '../engine/weights.ts';
import type { ProofLine, ProofReport } from '../training/proof/proofReport.ts';
import type { TokenizerVectors } from './tokenizerProof.ts';

// ---------------------------------------------------------------- tokenizer worker

/** A dataset as the page shows it. The rows stay in the worker; the file stays in the file store. */
export interface DatasetView {
  id: string;
  name: string;
  format: Table['format'];
  encoding: string;
  hadByteOrderMark: boolean;
  delimiter?: string;
  byteLength: number;
  rowCount: number;
  columns: readonly string[];
  stats: readonly ColumnStats[];
  /** The first rows, at most 200. */
  head: readonly Row[];
  /** Line in the file of each row of `head`. */
  headLines: readonly number[];
  problems: readonly Problem[];
  suggestedTask: Task;
  readMs: number;
}

/** Which rows, read how. Two equal requests give equal examples, splits and ids. */
export interface ExamplesRequest {
  datasetId: string;
  task: Task;
  /** Row indices taken out by the person. */
  excludedRows: readonly number[];
  seed: number;
  validationShare: number;
  testShare: number;
  maxInputTokens: number;
  maxTargetTokens: number;
}

export interface PreparedView {
  train: TokenSet;
  validation: TokenSet;
  /** Held-out examples, never seen in training. */
  test: readonly Example[];
  validationExamples: readonly Example[];
  trainSummary: TokenSetSummary;
  validationSummary: TokenSetSummary;
  problems: readonly Problem[];
}

export interface CheckView {
  exampleCount: number;
  /** Examples that lengths and findings speak of: the first ones of a large table. */
  checkedCount: number;
  splitCounts: { train: number; validation: number; test: number };
  findings: readonly Finding[];
  problems: readonly Problem[];
  summary: TokenSetSummary;
  /** Lengths in tokens before cutting, for the histogram; at most 5,000 examples. */
  inputLengths: Uint32Array;
  targetLengths: Uint32Array;
}

export interface RetrievedPassage {
  passage: Passage;
  score: number;
}

export interface KnowledgeView {
  source: 'files' | 'rows';
  names: readonly string[];
  passageCount: number;
}

export interface TokenizerApi {
  /** Reads files (or, after a reload, the stored copy) into a dataset. Several files with the same columns join. */
  readDataset(request: { id: string; files?: readonly File[] }, job: Job): Promise<DatasetView>;
  rows(
    request: { datasetId: string; offset: number; count: number },
    job: Job,
  ): Promise<{ rows: readonly Row[]; lines: readonly number[] }>;
  forgetDataset(request: { datasetId: string }, job: Job): Promise<void>;
  /** Makes a tokenizer.json the current tokenizer. */
  useTokenizer(request: { json: string; name: string }, job: Job): Promise<{ vocabularySize: number }>;
  preview(request: ExamplesRequest & { rowIndex: number }, job: Job): Promise<ExamplePreview>;
  check(request: ExamplesRequest, job: Job): Promise<CheckView>;
  prepare(request: ExamplesRequest, job: Job): Promise<PreparedView>;
  /** Indexes dropped text files, or the rows of a dataset's training split. */
  readKnowledge(
    request: { files: readonly File[] } | { rows: ExamplesRequest },
    job: Job,
  ): Promise<KnowledgeView>;
  forgetKnowledge(request: Record<string, never>, job: Job): Promise<void>;
  /** The RAG prompt for each prompt, with the passages that went into it. */
  retrieve(
    request: { prompts: readonly RetrievalPrompt[]; passageCount: number; maxInputTokens: number },
    job: Job,
  ): Promise<{ prompt: string; passages: RetrievedPassage[] }[]>;
}

export interface RetrievalPrompt {
  prompt: string;
  /** The row it came from; that row's own passage is never retrieved. */
  rowIndex?: number;
}

// ---------------------------------------------------------------- engine worker

export type BackendKind = 'webgpu' | 'wasm';

export interface DeviceView {
  kind: BackendKind;
  name: string;
  isSoftware: boolean;
  features: readonly string[];
  maxBufferBytes: number;
}

/** Where a model's files are. */
export type ModelSource =
  /** Bundled with Graft: files under this address of our own origin. */
  | { kind: 'bundled'; id: string; baseUrl: string }
  /** Already in the file store. */
  | { kind: 'stored'; id: string; name: string; origin: 'files' | 'hub' }
  /** Dropped now; kept in the file store under `id`. */
  | { kind: 'files'; id: string; files: readonly File[] }
  /** Hugging Face hub; kept in the file store under `id`. */
  | { kind: 'hub'; id: string; repository: string; revision: string };

export interface ModelView {
  id: string;
  name: string;
  source: 'bundled' | 'files' | 'hub';
  config: T5Config;
  parameterCount: number;
  /** Size of the weight files. */
  fileBytes: number;
  /** Bytes its weights take on the device. */
  deviceBytes: number;
  dtypes: readonly string[];
  /** The text of tokenizer.json, for the tokenizer worker. */
  tokenizerJson: string;
  licence?: string;
  /** What its generation_config.json asks for, where it has one. */
  generation?: GenerationConfig;
}

/** What generates: the base model, or a run's or an imported adapter (or fully tuned weights). */
export type Tuned = { adapterId: string; strength: number } | null;

/** Decoding options that a request may leave out. */
export type ExtraDecoding = Partial<
  Pick<
    DecodingOptions,
    | 'numBeams'
    | 'earlyStopping'
    | 'lengthPenalty'
    | 'noRepeatNgramSize'
    | 'repetitionPenalty'
    | 'minNewTokens'
  >
>;

export interface GenerateRequest extends ExtraDecoding {
  prompts: readonly string[];
  tuned: Tuned;
  maxInputTokens: number;
  maxNewTokens: number;
  /** 0 is greedy. */
  temperature: number;
  topK: number;
  topP: number;
  seed: number;
  /** Names the events of this call. */
  jobId: string;
}

export interface Generation {
  text: string;
  tokenCount: number;
  promptTokenCount: number;
  elapsedMs: number;
}

export interface StartRunRequest {
  runId: string;
  /** The run's name; its adapter is named after it. */
  name: string;
  modelId: string;
  config: RunConfig;
  train: TokenSet;
  validation: TokenSet;
  /** Prompts with references, generated at each evaluation to watch the model learn. */
  samples: readonly { prompt: string; reference: string }[];
  /** Go on from the stored checkpoint. */
  resume: boolean;
}

export interface RunOutcome {
  status: 'done' | 'stopped';
  step: number;
  /** Mean over all steps, as HF's TrainOutput. */
  trainingLoss: number;
  runtimeMs: number;
  /** As transformers counts them; absent in runs of earlier versions. */
  totalFlos?: number;
  /** Best validation loss and its step, where there was a validation split. */
  best?: { step: number; loss: number };
  skippedSteps: number;
  adapter: AdapterView;
}

export interface AdapterView {
  id: string;
  name: string;
  method: 'lora' | 'ia3' | 'prompt-tuning' | 'full';
  /** Made here or dropped in. */
  origin: 'run' | 'import';
  parameterCount: number;
  r?: number;
  alpha?: number;
  usesDora?: boolean;
  isRankStabilised?: boolean;
  targets?: readonly string[];
  /** Modules trained in full and stored beside the adapter, as PEFT's modules_to_save. */
  savedModules?: readonly string[];
  /** Vectors of a learned prompt. */
  tokenCount?: number;
  /** On import: what was found in the file. */
  report?: {
    matched: number;
    missing: readonly string[];
    unexpected: readonly string[];
    /** Fields of adapter_config.json that Graft does not know; absent in old records. */
    ignoredSettings?: readonly string[];
  };
}

export interface ExportRequest {
  adapterId: string;
  name: string;
  /** Files of the run to lie beside the weights, name → text; none for imported adapters. */
  runFiles: ReadonlyMap<string, string>;
}

/** The adapter's own folder has a model card, which says what was tried on the device. */
export interface AdapterExportRequest extends ExportRequest {
  checks: readonly string[];
}

export interface ExportedAdapter {
  fileName: string;
  zip: Uint8Array;
  /** The zip was read back and compared. */
  check: ExportCheck;
  /** The adapter's logits on a short text, to be compared with peft's; absent for fully tuned models. */
  probe?: Probe;
}

/** What reading back found: differences of an adapter's weights and of its logits on a probe; a fully tuned model's files are
 *  equal byte for byte. */
export type ExportCheck =
  | { compared: 'tensors'; count: number; largestWeightDifference: number; largestLogitDifference: number }
  | { compared: 'files'; count: number };

/** A merged model, ready in the file store; the page hands the stored file to the browser's downloads. */
export interface ExportedModel {
  fileName: string;
  path: string;
  byteLength: number;
}

export type RunPhase = 'checking' | 'preparing' | 'compiling' | 'training' | 'evaluating' | 'saving';

export interface EngineApi {
  probe(request: Record<string, never>, job: Job): Promise<DeviceReport>;
  open(request: { kind: BackendKind }, job: Job): Promise<DeviceView>;
  /** `precision` of the frozen base weights; `auto` where it is left out. */
  loadModel(request: { source: ModelSource; precision?: WeightPrecision }, job: Job): Promise<ModelView>;
  startRun(request: StartRunRequest, job: Job): Promise<RunOutcome>;
  pauseRun(request: { runId: string }, job: Job): Promise<void>;
  resumeRun(request: { runId: string }, job: Job): Promise<void>;
  /** Ends the run after the current step; what was learned is kept. */
  stopRun(request: { runId: string }, job: Job): Promise<void>;
  generate(request: GenerateRequest, job: Job): Promise<Generation[]>;
  exportAdapter(request: AdapterExportRequest, job: Job): Promise<ExportedAdapter>;
  /** The adapter folded into its model, as a model folder for transformers. */
  exportMerged(request: ExportRequest & { format: 'F32' | 'F16' }, job: Job): Promise<ExportedModel>;
  /** A PEFT adapter: a zip, or its loose files. */
  importAdapter(request: { id: string; files: readonly File[] }, job: Job): Promise<AdapterView>;
  /** Deletes an adapter or tuned weights and the run's checkpoint from the file store. */
  forgetRun(request: { runId: string }, job: Job): Promise<void>;
  /** Tries every claim of the proof on this device with this model; each line also comes as an event. */
  prove(request: { seed: number; vectors: TokenizerVectors }, job: Job): Promise<ProofReport>;
  /** Times the kernels of one training step of the loaded model; nothing of it is kept. */
  profileStep(request: Record<string, never>, job: Job): Promise<KernelProfile>;
  memory(request: Record<string, never>, job: Job): Promise<{ gpuBytes: number; tensorCount: number }>;
}

export interface SampleText {
  prompt: string;
  reference: string;
  text: string;
}

export type EngineEvent =
  | { kind: 'phase'; runId: string; phase: RunPhase; done: number; total: number }
  /** Coalesced: at most about ten messages a second. */
  | { kind: 'steps'; runId: string; steps: readonly StepMetrics[] }
  | { kind: 'evaluation'; runId: string; metrics: EvalMetrics; samples: readonly SampleText[] }
  | { kind: 'checkpoint'; runId: string; step: number; byteLength: number }
  | { kind: 'tokens'; jobId: string; index: number; text: string }
  /** Before the first step on a device: its kernels were tried, and are sound. */
  | { kind: 'deviceChecked'; runId: string; kernels: readonly OpVerdict[] }
  | { kind: 'proofLine'; line: ProofLine }
  | { kind: 'request'; url: string; bytesDown: number; bytesUp: number }
  | { kind: 'deviceLost'; problem: Problem };

/** The tokenizer worker tells nothing unasked. */
export type TokenizerEvent = never;
