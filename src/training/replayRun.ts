/**
 * A run of transformers' Seq2SeqTrainer repeated step by step: the same rows in the same order from the same adapter. The
 * recorded run is what parity/python/graft_parity/recorded_run.py writes.
 *
 * Contract: `replayRun(base, run, initial)` trains on the present backend. `run` is the parsed run.json, `initial` the
 * tensors of initial.safetensors (empty in full training). The caller compares `losses` with `lossesOf(run)` and
 * `parameters` with final.safetensors through `largestDifference`.
 */
import { type Batch } from '../data/batch.ts';
import { makeBatchSource, type BatchSource } from '../data/batchSource.ts';
import { collate } from '../data/collate.ts';
import { totalSteps } from '../data/sampler.ts';
import type { TokenSet } from '../data/tokenSet.ts';
import type { TensorValues } from '../formats/safetensors.ts';
import type { StepMetrics } from './metrics.ts';
import { readRunConfig } from './readRunConfig.ts';
import type { RunConfig } from './runConfig.ts';
import type { RunProgress } from './runProgress.ts';
import { sft } from './sft.ts';
import { totalFlos } from './totalFlos.ts';
import type { TrainedRun } from './trainerState.ts';
import { openTrainables, readParameters, writeParameters, type BaseModel } from './trainables.ts';

/** run.json */
export interface RecordedRun {
  /** Settings; what is missing has no effect on the run or Graft's default. */
  readonly config: Partial<RunConfig>;
  readonly rows: readonly { input: readonly number[]; label: readonly number[] }[];
  /** The rows of every pass. */
  readonly order: readonly (readonly number[])[];
  /** The loss of every pass: with accumulation, its share in the step's loss. */
  readonly passLosses: readonly number[];
  /** Where padding is learned: the loss of words of every pass. */
  readonly maskedLosses: readonly number[] | null;
  readonly gradNorms: readonly number[];
  readonly learningRates: readonly number[];
  readonly trainOutput: {
    readonly global_step: number;
    readonly training_loss: number;
    readonly metrics: Readonly<Record<string, number>>;
  };
  readonly trainerState: Readonly<Record<string, unknown>>;
}

export interface ReplayedRun {
  readonly config: RunConfig;
  readonly steps: readonly StepMetrics[];
  readonly progress: RunProgress;
  /** Trained parameters after the last step, under their names in files. */
  readonly parameters: ReadonlyMap<string, TensorValues>;
}

/** Trains as recorded, one step per recorded step. `onStep` sees each step as it comes. */
export async function replayRun(
  base: BaseModel,
  run: RecordedRun,
  initial: ReadonlyMap<string, TensorValues>,
  onStep?: (step: StepMetrics) => void,
): Promise<ReplayedRun> {
  const config = readRunConfig({ saveSteps: 1_000_000, validationShare: 0, testShare: 0, ...run.config });
  const trainables = openTrainables(base, config);
  try {
    if (initial.size > 0) writeParameters(trainables, initial);
    const recipe = sft({
      config,
      trainables,
      batches: recordedBatches(base, run, config),
      totalSteps: run.trainOutput.global_step,
      validation: null,
    });
    const steps: StepMetrics[] = [];
    for (;;) {
      const next = await recipe.next();
      if (next.done === true) {
        const parameters = await readParameters(trainables);
        return { config, steps, progress: next.value.progress, parameters };
      }
      if (next.value.kind !== 'step') continue;
      steps.push(next.value.metrics);
      onStep?.(next.value.metrics);
    }
  } finally {
    trainables.dispose();
  }
}

/** The recorded loss of every step: the sum of its passes, which the recorder gives as shares. */
export function lossesOf(run: RecordedRun): number[] {
  return passesOfSteps(run).map((passes) => passes.reduce((sum, pass) => sum + run.passLosses[pass]!, 0));
}

/** The recorded loss of words of every step, where padding is learned; null where it is not. */
export function maskedLossesOf(run: RecordedRun): number[] | null {
  const { maskedLosses } = run;
  if (maskedLosses === null) return null;
  return passesOfSteps(run).map((passes) => {
    const words = passes.map((pass) => wordsOf(run, pass));
    const sum = passes.reduce((total, pass, i) => total + maskedLosses[pass]! * words[i]!, 0);
    return sum / words.reduce((a, b) => a + b);
  });
}

/** What a record of the replayed run knows, to be said in Trainer's words; `runtimeMs` is the recorded one. */
export function trainedRun(
  base: BaseModel,
  run: RecordedRun,
  { config, steps, progress }: ReplayedRun,
): TrainedRun {
  const trainerDefaults = { evalSteps: 500, saveSteps: 500 };
  return {
    config: { ...config, ...trainerDefaults },
    trainExampleCount: run.rows.length,
    totalSteps: totalSteps(config, run.rows.length),
    steps,
    evaluations: [],
    outcome: {
      step: progress.step,
      trainingLoss: progress.lossSum / progress.updates,
      runtimeMs: 1000 * run.trainOutput.metrics['train_runtime']!,
      totalFlos: totalFlos(base.config, config, progress.inputPositions),
    },
  };
}

/** Largest difference of two values, over the largest value there is in any tensor of the reference. */
export function largestDifference(
  found: ReadonlyMap<string, TensorValues>,
  reference: ReadonlyMap<string, TensorValues>,
): number {
  let largest = 0;
  let difference = 0;
  for (const [name, { values }] of reference) {
    const other = found.get(name)?.values;
    if (other?.length !== values.length) throw new Error(`"${name}" is missing or of another size.`);
    for (const [i, value] of values.entries()) {
      largest = Math.max(largest, Math.abs(value));
      difference = Math.max(difference, Math.abs(value - other[i]!));
    }
  }
  if (found.size !== reference.size) throw new Error(`${found.size} tensors instead of ${reference.size}.`);
  return difference / largest;
}

/** Passes of each step: as many as are accumulated, fewer at the end of an epoch. */
function passesOfSteps({ config, rows, order, trainOutput }: RecordedRun): number[][] {
  const perEpoch = Math.ceil(rows.length / config.batchSize!);
  const steps: number[][] = [];
  for (let pass = 0; pass < order.length && steps.length < trainOutput.global_step;) {
    const left = perEpoch - (pass % perEpoch);
    const count = Math.min(config.gradientAccumulationSteps ?? 1, left);
    steps.push(Array.from({ length: count }, (_, i) => pass + i));
    pass += count;
  }
  return steps;
}

function wordsOf({ rows, order }: RecordedRun, pass: number): number {
  return order[pass]!.reduce((sum, row) => sum + rows[row]!.label.length, 0);
}

function recordedBatches({ config: model }: BaseModel, run: RecordedRun, config: RunConfig): BatchSource {
  const tokens = tokenSetOf(run);
  const options = {
    ...config,
    padId: model.padTokenId,
    decoderStartTokenId: model.decoderStartTokenId,
    padMultiple: 1,
  };
  const steps = passesOfSteps(run);
  let next = 0;
  return {
    ...makeBatchSource(tokens, { ...options, order: 'given' }),
    nextStep: (): Batch[] => steps[next++]!.map((pass) => collate(tokens, run.order[pass]!, options)),
    state: () => ({ seed: 0, epoch: 0, position: next }),
  };
}

function tokenSetOf({ rows }: RecordedRun): TokenSet {
  const offsets = (lengths: number[]): Uint32Array => {
    const starts = new Uint32Array(lengths.length + 1);
    for (const [i, length] of lengths.entries()) starts[i + 1] = starts[i]! + length;
    return starts;
  };
  return {
    exampleCount: rows.length,
    inputIds: Int32Array.from(rows.flatMap(({ input }) => [...input])),
    inputOffsets: offsets(rows.map(({ input }) => input.length)),
    labelIds: Int32Array.from(rows.flatMap(({ label }) => [...label])),
    labelOffsets: offsets(rows.map(({ label }) => label.length)),
  };
}
