/** Runs of transformers' Seq2SeqTrainer repeated: the loss of every step, the weights in the end, and what it writes down. */
import { purgePool } from '../../src/engine/memory.ts';
import { readFresh } from '../../src/engine/runtime.ts';
import { disposeWeights } from '../../src/engine/weights.ts';
import type { TensorValues } from '../../src/formats/safetensors.ts';
import {
  lossesOf,
  maskedLossesOf,
  replayRun,
  trainedRun,
  type RecordedRun,
  type ReplayedRun,
} from '../../src/training/replayRun.ts';
import type { BaseModel } from '../../src/training/trainables.ts';
import { trainerFiles } from '../../src/training/trainerFiles.ts';
import { trainerState, trainOutput, type TrainedRun } from '../../src/training/trainerState.ts';
import { compareCounts, compareEach, compareTensors } from '../lib/compare.ts';
import type { Folder } from '../lib/folder.ts';
import { loadModel } from '../lib/models.ts';
import type { Line, ParityCase } from '../lib/parityCase.ts';

const TOLERANCE = 1e-3;
/** Late gradients nearly cancel: in the long LoRA run PyTorch's own norms in float32 and float64 are 3.4e-4 apart. */
const NORM_TOLERANCE = 2e-3;

interface Entry {
  readonly name: string;
  readonly folder: string;
  readonly model: string;
}

type LogEntry = Readonly<Record<string, number>>;

const training: ParityCase = {
  usesDevice: true,
  async *run(folder) {
    for (const entry of await folder.json<Entry[]>('runs.json')) {
      const base = await loadModel(folder, entry.model);
      const run = await folder.json<RecordedRun>(`${entry.folder}/run.json`);
      const start = await startOf(folder, entry, base, run);
      const initial = run.config.method === 'full' ? new Map<string, TensorValues>() : start;
      const replayed = await replayRun(base, run, initial);
      const trained = trainedRun(base, run, replayed);
      yield* stepLines(entry.name, run, replayed);
      const final = await tensorsOf(folder, `${entry.folder}/final.safetensors`);
      yield* weightLines(entry.name, replayed.parameters, final, start);
      yield* stateLines(entry.name, run, trained);
      for (const [file, text] of trainerFiles(trained)) {
        await folder.write(`ours/${entry.folder}/${file}`, new TextEncoder().encode(text));
      }
      disposeWeights(base.weights);
      purgePool();
    }
  },
};

export default training;

/** What is trained, before the first step. */
async function startOf(
  folder: Folder,
  entry: Entry,
  { weights }: BaseModel,
  { config }: RecordedRun,
): Promise<Map<string, TensorValues>> {
  if (config.method !== 'full') return tensorsOf(folder, `${entry.folder}/initial.safetensors`);
  const start = new Map<string, TensorValues>();
  for (const [name, tensor] of weights) {
    start.set(name, { shape: tensor.shape, values: await readFresh(tensor) });
  }
  return start;
}

async function tensorsOf(folder: Folder, path: string): Promise<Map<string, TensorValues>> {
  const tensors = await folder.tensors(path);
  return new Map([...tensors].map(([name, values]) => [name, { shape: [values.length], values }]));
}

function stepLines(name: string, run: RecordedRun, { steps, config }: ReplayedRun): Line[] {
  const lines = [
    compareEach(
      `${name}: losses, worst`,
      steps.map(({ loss }) => loss),
      lossesOf(run),
      TOLERANCE,
    ),
    compareEach(
      `${name}: gradient norms, worst`,
      steps.map(({ gradNorm }) => gradNorm),
      run.gradNorms,
      NORM_TOLERANCE,
    ),
  ];
  const masked = maskedLossesOf(run);
  if (masked !== null) {
    lines.push(
      compareEach(
        `${name}: losses of words, worst`,
        steps.map(({ maskedLoss }) => maskedLoss ?? NaN),
        masked,
        TOLERANCE,
      ),
    );
  }
  if (config.optimizer === 'adamw' || !config.adafactor.isRelativeStep) {
    const rates = steps.map(({ learningRate }) => learningRate);
    lines.push(compareEach(`${name}: learning rates, worst`, rates, run.learningRates, 1e-12));
  }
  return lines;
}

/** Weights in parts of the largest of all; and how far what training changed in them is off, over all weights together. */
function weightLines(
  name: string,
  ours: ReadonlyMap<string, TensorValues>,
  reference: ReadonlyMap<string, TensorValues>,
  start: ReadonlyMap<string, TensorValues>,
): Line[] {
  const keys = [...reference.keys()];
  const [found, wanted, before] = [joined(ours, keys), joined(reference, keys), joined(start, keys)];
  const [moved, reached] = [distance(found, before), distance(wanted, before)];
  const change = { name: `${name}: change of weights`, ours: moved, reference: reached };
  return [
    compareCounts(`${name}: trained tensors`, ours.size, reference.size),
    compareTensors(`${name}: final weights, worst`, found, wanted, TOLERANCE),
    { ...change, error: distance(found, wanted) / reached, tolerance: TOLERANCE },
  ];
}

/** The values of these tensors, one after the other; of missing ones none. */
function joined(tensors: ReadonlyMap<string, TensorValues>, keys: readonly string[]): Float32Array {
  const parts = keys.map((key) => tensors.get(key)?.values ?? new Float32Array());
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function distance(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i]! - other[i]!) ** 2;
  return Math.sqrt(sum);
}

/** TrainOutput and trainer_state.json: the same keys in the same order, the same values where time has no say. */
function stateLines(name: string, run: RecordedRun, trained: TrainedRun): Line[] {
  const output = trainOutput(trained)!;
  const state = trainerState(trained);
  const { log_history: ourLog, ...ourRest } = state;
  const { log_history: log, ...rest } = run.trainerState;
  return [
    compareTexts(
      `${name}: TrainOutput keys`,
      Object.keys(output.metrics),
      Object.keys(run.trainOutput.metrics),
    ),
    compareCounts(`${name}: TrainOutput steps`, output.global_step, run.trainOutput.global_step),
    compareEach(
      `${name}: TrainOutput loss`,
      [output.training_loss],
      [run.trainOutput.training_loss],
      TOLERANCE,
    ),
    compareCounts(
      `${name}: total_flos`,
      output.metrics['total_flos']!,
      run.trainOutput.metrics['total_flos']!,
    ),
    compareTexts(`${name}: trainer_state.json`, ourRest, rest),
    compareTexts(`${name}: log entries`, placesOf(ourLog), placesOf(log)),
  ];
}

/** Of every entry its keys, step and epoch. */
function placesOf(log: unknown): unknown {
  return (log as LogEntry[]).map((entry) => [Object.keys(entry).sort(), entry['step'], entry['epoch']]);
}

/** Equal or not, as JSON. */
function compareTexts(name: string, ours: unknown, reference: unknown): Line {
  const isEqual = JSON.stringify(ours) === JSON.stringify(reference);
  return {
    name,
    ours: isEqual ? 'equal' : 'differs',
    reference: 'equal',
    error: isEqual ? 0 : 1,
    tolerance: 0,
  };
}
