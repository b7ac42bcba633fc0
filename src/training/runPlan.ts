/** The adapter that a run's settings ask for. Pure: counts and forms use it too. */
import type { AdapterPlan } from '../engine/adapters/adapterPlan.ts';
import { planIa3, planLora, planPrompt } from '../engine/adapters/planAdapter.ts';
import type { T5Config } from '../engine/t5/config.ts';
import type { RunConfig } from './runConfig.ts';

/** Null for full training. `promptTokenIds` are those that a learned prompt starts from, null for random vectors. */
export function planOfRun(
  model: T5Config,
  run: RunConfig,
  promptTokenIds: ArrayLike<number> | null = null,
): AdapterPlan | null {
  switch (run.method) {
    case 'lora':
      return planLora(model, run.lora);
    case 'ia3':
      return planIa3(model, run.ia3);
    case 'prompt-tuning':
      return planPrompt(model, run.prompt.tokenCount, promptTokenIds);
    case 'full':
      return null;
    default:
      return run.method satisfies never;
  }
}
