/** A whole training step of Graft as the page runs it: the recipe itself, over one batch that comes again and again. */
import type { Batch } from '../src/data/batch.ts';
import type { BatchSource } from '../src/data/batchSource.ts';
import type { T5Config } from '../src/engine/t5/config.ts';
import type { Weights } from '../src/engine/weights.ts';
import { DEFAULT_RUN_CONFIG } from '../src/training/presets.ts';
import type { RunConfig } from '../src/training/runConfig.ts';
import { sft } from '../src/training/sft.ts';
import { openTrainables } from '../src/training/trainables.ts';
import { whenDone } from './whenDone.ts';

export type Method = RunConfig['method'];

/** The run that is measured: LoRA of rank 16 on q and v, or all weights; no dropout, so that losses can be compared. */
export function runConfig(method: Method): RunConfig {
  const never = Number.MAX_SAFE_INTEGER;
  const lora = { ...DEFAULT_RUN_CONFIG.lora, dropout: 0 };
  return {
    ...DEFAULT_RUN_CONFIG,
    method,
    lora,
    dropout: 0,
    warmupSteps: 0,
    saveSteps: never,
    evalSteps: never,
  };
}

export interface TrainingStep {
  /** One step; resolves with the loss it began with, when the device is done. */
  run(): Promise<number>;
  dispose(): void;
}

/** Gets a step ready on the present backend. `weights` stay the caller's. */
export function openGraftStep(
  config: T5Config,
  weights: Weights,
  method: Method,
  batch: Batch,
): TrainingStep {
  const run = runConfig(method);
  const trainables = openTrainables({ config, weights }, run);
  const steps = sft({
    config: run,
    trainables,
    batches: endlessly(batch),
    totalSteps: Number.MAX_SAFE_INTEGER,
    validation: null,
  });
  return {
    async run() {
      const { value } = await steps.next();
      await whenDone();
      if (value === undefined || !('kind' in value) || value.kind !== 'step') {
        throw new Error('The step changed nothing: its loss or gradient was not finite.');
      }
      return value.metrics.loss;
    },
    dispose: () => trainables.dispose(),
  };
}

function endlessly(batch: Batch): BatchSource {
  return {
    nextStep: () => [batch],
    stepsPerEpoch: Number.MAX_SAFE_INTEGER,
    epochAfter: () => 0,
    state: () => ({ seed: 0, epoch: 0, position: 0 }),
  };
}
