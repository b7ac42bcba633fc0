/** A whole training step of Graft as the page runs it, timed to the end of the device's work. */
import type { Batch } from '../src/data/batch.ts';
import type { T5Config } from '../src/engine/t5/config.ts';
import type { Weights } from '../src/engine/weights.ts';
import { measuredRun, openRepeatedStep, type RepeatedStep } from '../src/training/repeatedStep.ts';
import type { RunConfig } from '../src/training/runConfig.ts';
import { whenDone } from './whenDone.ts';

export type Method = RunConfig['method'];

/** What may differ from the page's defaults: the adapter's rank, products in 16 bits. */
export interface GraftStepOptions {
  readonly rank?: number | undefined;
  readonly fp16?: boolean;
}

/** Gets a step ready on the present backend. `weights` stay the caller's. */
export function openGraftStep(
  config: T5Config,
  weights: Weights,
  method: Method,
  batch: Batch,
  { rank, fp16 = false }: GraftStepOptions = {},
): RepeatedStep {
  const run = measuredRun(method);
  const lora = { ...run.lora, r: rank ?? run.lora.r };
  const step = openRepeatedStep({ config, weights }, { ...run, lora, fp16 }, batch);
  return {
    async run() {
      const loss = await step.run();
      await whenDone();
      return loss;
    },
    dispose: () => step.dispose(),
  };
}
