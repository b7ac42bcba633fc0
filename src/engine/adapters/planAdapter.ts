/** Plans of fresh adapters for a model, from settings under PEFT's names. Pure. */
import type { T5Config } from '../t5/config.ts';
import { loraModules, loraSpecs } from '../t5/spec.ts';
import { NOTHING_SAVED, type Ia3Plan, type LoraPlan, type PromptPlan } from './adapterPlan.ts';
import { savedModules } from './savedModules.ts';

/** Settings of a fresh LoRA or DoRA adapter. */
export interface LoraOptions {
  readonly r: number;
  readonly alpha: number;
  readonly dropout: number;
  /** Module names: q, v, … Those that the model lacks are passed over. */
  readonly targets: readonly string[];
  readonly isRankStabilised?: boolean;
  readonly usesDora?: boolean;
  /** Module names to train in full: lm_head, final_layer_norm, … */
  readonly savedModules?: readonly string[];
}

/** The LoRA or DoRA adapter that the settings ask for in this model: its modules with sizes, rank and alpha. */
export function planLora(config: T5Config, options: LoraOptions): LoraPlan {
  const { r, alpha, dropout, targets, isRankStabilised = false, usesDora = false } = options;
  const present = targets.filter((target) => loraModules(config).includes(target));
  const modules = loraSpecs(config, present).map(
    ({ path, inSize, outSize }) => [path, { rank: r, alpha, inSize, outSize }] as const,
  );
  return {
    kind: 'lora',
    r,
    alpha,
    dropout,
    isRankStabilised,
    usesDora,
    targets: present,
    modules: new Map(modules),
    saved: savedModules(config, options.savedModules ?? []),
  };
}

/** Modules whose input IA³ scales, as PEFT's defaults for T5 do; of all others the output. */
const FEED_FORWARD = ['wo'];

/** The IA³ adapter with a learned scale on every targeted module. */
export function planIa3(config: T5Config, { targets }: { readonly targets: readonly string[] }): Ia3Plan {
  const modules = loraSpecs(config, targets).map(({ path, module, inSize, outSize }) => {
    const scalesInput = FEED_FORWARD.includes(module);
    return [path, { size: scalesInput ? inSize : outSize, scalesInput }] as const;
  });
  const present = loraModules(config).filter((name) => targets.includes(name));
  return { kind: 'ia3', targets: present, modules: new Map(modules), saved: NOTHING_SAVED };
}

/** `initTokenIds` are repeated or cut to `tokenCount`, as PEFT does with the tokens of an initial text. */
export function planPrompt(
  config: T5Config,
  tokenCount: number,
  initTokenIds: ArrayLike<number> | null,
): PromptPlan {
  const ids =
    initTokenIds === null
      ? null
      : Array.from({ length: tokenCount }, (_, i) => initTokenIds[i % initTokenIds.length]!);
  return {
    kind: 'prompt-tuning',
    tokenCount,
    rowCount: tokenCount,
    width: config.dModel,
    initTokenIds: ids,
  };
}
