/** A training step that can be repeated, to be measured: the recipe itself, over one batch that comes again and again. */
import type { Batch } from '../data/batch.ts';
import type { BatchSource } from '../data/batchSource.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import type { RunConfig } from './runConfig.ts';
import { sft } from './sft.ts';
import { openTrainables, type BaseModel } from './trainables.ts';

export interface RepeatedStep {
  /** Trains one step; resolves with the loss that it began with. */
  run(): Promise<number>;
  /** Frees what was trained, never the base model. */
  dispose(): void;
}

/** The settings of measured steps: rank 16 on q and v, or all weights; no dropout, no warm-up. */
export function measuredRun(method: RunConfig['method']): RunConfig {
  const lora = { ...DEFAULT_RUN_CONFIG.lora, dropout: 0 };
  return { ...DEFAULT_RUN_CONFIG, method, lora, dropout: 0, warmupSteps: 0, saveSteps: endless };
}

const endless = Number.MAX_SAFE_INTEGER;

/** Gets a step ready on the present backend. */
export function openRepeatedStep(model: BaseModel, config: RunConfig, batch: Batch): RepeatedStep {
  const trainables = openTrainables(model, config);
  const batches: BatchSource = {
    nextStep: () => [batch],
    stepsPerEpoch: endless,
    epochAfter: () => 0,
    state: () => ({ seed: config.seed, epoch: 0, position: 0 }),
  };
  const steps = sft({ config, trainables, batches, totalSteps: endless, validation: null });
  return {
    async run() {
      const { value } = await steps.next();
      if (!('kind' in value) || value.kind !== 'step') {
        throw new Error('The step changed nothing: its loss or gradient was not finite.');
      }
      return value.metrics.loss;
    },
    dispose: () => trainables.dispose(),
  };
}

/** A batch in which every position holds a token and every label is learned; ids follow from their place alone. */
export function fullBatch(
  { vocabSize, decoderStartTokenId }: { readonly vocabSize: number; readonly decoderStartTokenId: number },
  size: number,
  inputLength: number,
  labelLength: number,
): Batch {
  const idAt = (i: number, salt: number) => 2 + ((i * 7919 + salt) % (vocabSize - 2));
  const labels = Int32Array.from({ length: size * labelLength }, (_, i) => idAt(i, 13));
  return {
    size,
    inputLength,
    labelLength,
    inputIds: Int32Array.from({ length: size * inputLength }, (_, i) => idAt(i, 5)),
    inputMask: new Int32Array(size * inputLength).fill(1),
    decoderInputIds: labels.map((_, i) => (i % labelLength === 0 ? decoderStartTokenId : labels[i - 1]!)),
    labels,
    inputTokenCount: size * inputLength,
    labelTokenCount: size * labelLength,
  };
}
