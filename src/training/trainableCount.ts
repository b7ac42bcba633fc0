/** How many parameters a run trains. Pure: the page shows it while settings change. */
import type { T5Config } from '../engine/t5/config.ts';
import { countLoraParameters, countParameters } from '../engine/t5/spec.ts';
import type { RunConfig } from './runConfig.ts';

/** Parameters that training changes: all of them, or r · (in + out) for each matrix with an adapter. */
export function countTrainable(model: T5Config, run: RunConfig): number {
  return run.method === 'full'
    ? countParameters(model)
    : countLoraParameters(model, run.lora.r, run.lora.targets);
}
