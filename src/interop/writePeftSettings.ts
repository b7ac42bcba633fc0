/**
 * adapter_config.json as written: with the fields that PEFT 0.10 knows, in its order and layout. Older releases refuse
 * fields they do not know, newer ones fill in the rest.
 */
import type { AdapterPlan, Ia3Plan, LoraPlan, PromptPlan } from '../engine/adapters/adapterPlan.ts';

/** What is not in a plan. */
export interface BaseModelFacts {
  readonly baseModelName: string;
  /** The model's heads and decoder layers, which PEFT wants with prompts. */
  readonly numHeads: number;
  readonly numDecoderLayers: number;
}

/** Text of adapter_config.json: keys sorted, indented by two, as `PeftConfig.save_pretrained` writes it. */
export function writePeftSettings(plan: AdapterPlan, base: BaseModelFacts): string {
  const fields: Record<string, unknown> = {
    auto_mapping: null,
    base_model_name_or_path: base.baseModelName,
    inference_mode: true,
    revision: null,
    task_type: 'SEQ_2_SEQ_LM',
    ...methodFields(plan, base),
  };
  const sorted = Object.fromEntries(
    Object.keys(fields)
      .sort()
      .map((key) => [key, fields[key]]),
  );
  return JSON.stringify(sorted, null, 2);
}

function methodFields(plan: AdapterPlan, base: BaseModelFacts): Record<string, unknown> {
  switch (plan.kind) {
    case 'lora':
      return loraFields(plan);
    case 'ia3':
      return ia3Fields(plan);
    case 'prompt-tuning':
      return promptFields(plan, base);
    default:
      return plan satisfies never;
  }
}

function loraFields(plan: LoraPlan): Record<string, unknown> {
  const rankPattern: Record<string, number> = {};
  const alphaPattern: Record<string, number> = {};
  for (const [path, { rank, alpha }] of plan.modules) {
    if (rank !== plan.r) rankPattern[path] = rank;
    if (alpha !== plan.alpha) alphaPattern[path] = alpha;
  }
  return {
    peft_type: 'LORA',
    alpha_pattern: alphaPattern,
    bias: 'none',
    fan_in_fan_out: false,
    init_lora_weights: true,
    layer_replication: null,
    layers_pattern: null,
    layers_to_transform: null,
    loftq_config: {},
    lora_alpha: plan.alpha,
    lora_dropout: plan.dropout,
    megatron_config: null,
    megatron_core: 'megatron.core',
    modules_to_save: savedNames(plan),
    r: plan.r,
    rank_pattern: rankPattern,
    target_modules: plan.targets,
    use_dora: plan.usesDora,
    use_rslora: plan.isRankStabilised,
  };
}

function ia3Fields(plan: Ia3Plan): Record<string, unknown> {
  const scalesInput = (target: string): boolean =>
    [...plan.modules].some(
      ([path, module]) => module.scalesInput && (path === target || path.endsWith(`.${target}`)),
    );
  return {
    peft_type: 'IA3',
    fan_in_fan_out: false,
    feedforward_modules: plan.targets.filter(scalesInput),
    init_ia3_weights: true,
    modules_to_save: savedNames(plan),
    target_modules: plan.targets,
  };
}

/** `num_transformer_submodules` 1: one set of vectors, all of which are used; PEFT's own default keeps an idle second. */
function promptFields(plan: PromptPlan, base: BaseModelFacts): Record<string, unknown> {
  return {
    peft_type: 'PROMPT_TUNING',
    num_attention_heads: base.numHeads,
    num_layers: base.numDecoderLayers,
    num_transformer_submodules: plan.rowCount / plan.tokenCount,
    num_virtual_tokens: plan.tokenCount,
    prompt_tuning_init: 'RANDOM',
    prompt_tuning_init_text: null,
    token_dim: plan.width,
    tokenizer_name_or_path: null,
  };
}

function savedNames({ saved }: LoraPlan | Ia3Plan): readonly string[] | null {
  return saved.names.length === 0 ? null : saved.names;
}
