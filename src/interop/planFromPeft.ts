/** The adapter that PEFT would build on this model from an adapter_config.json, before any values. */
import type { AdapterPlan, Ia3Module, LoraModule, SavedModules } from '../engine/adapters/adapterPlan.ts';
import { savedModules, UNUSED_MODULE } from '../engine/adapters/savedModules.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { linearSpecs } from '../engine/t5/spec.ts';
import type { PeftSettings } from './peftSettings.ts';

/** Pure; the targets of the result fit exactly its modules. */
export function planFromPeft(settings: PeftSettings, config: T5Config): AdapterPlan {
  switch (settings.kind) {
    case 'lora': {
      const modules = new Map<string, LoraModule>();
      for (const { path, inSize, outSize } of linearSpecs(config)) {
        if (!settings.isTarget(path)) continue;
        modules.set(path, { rank: settings.rankOf(path), alpha: settings.alphaOf(path), inSize, outSize });
      }
      const { kind, r, alpha, dropout, isRankStabilised, usesDora, savedNames } = settings;
      const targets = targetsOf(config, modules);
      const saved = usedModules(config, savedNames);
      return { kind, r, alpha, dropout, isRankStabilised, usesDora, targets, modules, saved };
    }
    case 'ia3': {
      const modules = new Map<string, Ia3Module>();
      for (const { path, inSize, outSize } of linearSpecs(config)) {
        if (!settings.isTarget(path)) continue;
        const scalesInput = settings.scalesInput(path);
        modules.set(path, { size: scalesInput ? inSize : outSize, scalesInput });
      }
      const targets = ia3Targets(config, modules);
      return { kind: 'ia3', targets, modules, saved: usedModules(config, settings.savedNames) };
    }
    case 'prompt-tuning': {
      const { kind, tokenCount, copies } = settings;
      return { kind, tokenCount, rowCount: copies * tokenCount, width: config.dModel, initTokenIds: null };
    }
    default:
      return settings satisfies never;
  }
}

/** The plan with only the modules that `isKept` admits. */
export function keepModules<Plan extends AdapterPlan>(
  plan: Plan,
  config: T5Config,
  isKept: (path: string) => boolean,
): Plan {
  if (plan.kind === 'prompt-tuning') return plan;
  if (plan.kind === 'lora') {
    const modules = new Map([...plan.modules].filter(([path]) => isKept(path)));
    return { ...plan, modules, targets: targetsOf(config, modules) };
  }
  const modules = new Map([...plan.modules].filter(([path]) => isKept(path)));
  return { ...plan, modules, targets: ia3Targets(config, modules) };
}

/** Module names where all modules of each name are there, whole paths otherwise. */
function targetsOf(config: T5Config, modules: ReadonlyMap<string, unknown>): readonly string[] {
  const linears = linearSpecs(config);
  const names = new Set(linears.filter(({ path }) => modules.has(path)).map(({ module }) => module));
  const isWhole = linears.every(({ path, module }) => modules.has(path) || !names.has(module));
  return isWhole ? [...names] : [...modules.keys()];
}

/** As `targetsOf`; names only where all modules of a name scale the same side. */
function ia3Targets(config: T5Config, modules: ReadonlyMap<string, Ia3Module>): readonly string[] {
  const targets = targetsOf(config, modules);
  const sides = new Map<string, Set<boolean>>();
  for (const [path, { scalesInput }] of modules) {
    const name = path.slice(path.lastIndexOf('.') + 1);
    sides.set(name, (sides.get(name) ?? new Set()).add(scalesInput));
  }
  return [...sides.values()].every(({ size }) => size === 1) ? targets : [...modules.keys()];
}

/** What modules_to_save replaces; names that mean only the unused `shared` are left out, as saving it does nothing. */
function usedModules(config: T5Config, names: readonly string[]): SavedModules {
  const unused = UNUSED_MODULE.slice(0, UNUSED_MODULE.lastIndexOf('.'));
  return savedModules(
    config,
    names.filter((name) => !unused.endsWith(name)),
  );
}
