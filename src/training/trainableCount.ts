/** How many parameters a run trains. Pure: the page shows it while settings change. */
import { countAdapterParameters } from '../engine/adapters/adapterPlan.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { countParameters } from '../engine/t5/spec.ts';
import { planOfRun } from './runPlan.ts';
import type { RunConfig } from './runConfig.ts';

/** Parameters that training changes: all of them, or the adapter's. */
export function countTrainable(model: T5Config, run: RunConfig): number {
  const plan = planOfRun(model, run);
  return plan === null ? countParameters(model) : countAdapterParameters(plan);
}
