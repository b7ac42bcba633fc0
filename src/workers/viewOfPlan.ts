/** An adapter's plan as the page shows it. */
import { countAdapterParameters, targetNames, type AdapterPlan } from '../engine/adapters/adapterPlan.ts';
import type { AdapterView } from './protocol.ts';

/** All of an adapter's view but its names and where it came from. */
export function viewOfPlan(plan: AdapterPlan): Omit<AdapterView, 'id' | 'name' | 'origin'> {
  const common = { method: plan.kind, parameterCount: countAdapterParameters(plan) };
  if (plan.kind === 'prompt-tuning') return { ...common, tokenCount: plan.tokenCount };
  const modules = { ...common, targets: targetNames(plan), savedModules: plan.saved.names };
  if (plan.kind === 'ia3') return modules;
  const { r, alpha, usesDora, isRankStabilised } = plan;
  return { ...modules, r, alpha, usesDora, isRankStabilised };
}
