/** A whole training step of Graft as the page runs it, timed to the end of the device's work. */
import type { Batch } from '../src/data/batch.ts';
import type { T5Config } from '../src/engine/t5/config.ts';
import type { Weights } from '../src/engine/weights.ts';
import { measuredRun, openRepeatedStep, type RepeatedStep } from '../src/training/repeatedStep.ts';
import type { RunConfig } from '../src/training/runConfig.ts';
import { whenDone } from './whenDone.ts';

export type Method = RunConfig['method'];

/** Gets a step ready on the present backend, with an adapter of that rank. `weights` stay the caller's. */
export function openGraftStep(
  config: T5Config,
  weights: Weights,
  method: Method,
  batch: Batch,
  rank?: number,
): RepeatedStep {
  const run = measuredRun(method);
  const lora = { ...run.lora, r: rank ?? run.lora.r };
  const step = openRepeatedStep({ config, weights }, { ...run, lora }, batch);
  return {
    async run() {
      const loss = await step.run();
      await whenDone();
      return loss;
    },
    dispose: () => step.dispose(),
  };
}
