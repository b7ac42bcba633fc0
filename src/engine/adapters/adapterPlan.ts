/**
 * What an adapter consists of, without its values: which modules it is put on and how. Parameter counts, files, checks
 * and the device all follow from a plan. Pure: no tensors here.
 *
 * Methods, as PEFT has them: LoRA (arXiv:2106.09685) with rank-stabilised scaling (arXiv:2312.03732) and DoRA
 * (arXiv:2402.09353), IA³ (arXiv:2205.05638), prompt tuning (arXiv:2104.08691).
 */
import type { TensorValues } from '../../formats/safetensors.ts';
import type { TensorSpec } from '../t5/spec.ts';

export type AdapterPlan = LoraPlan | Ia3Plan | PromptPlan;

/** Low-rank matrices beside linear layers. */
export interface LoraPlan {
  readonly kind: 'lora';
  /** Settings as trained; a module may differ (see `LoraModule`). */
  readonly r: number;
  readonly alpha: number;
  readonly dropout: number;
  /** PEFT's use_rslora: scale by alpha/√r instead of alpha/r. */
  readonly isRankStabilised: boolean;
  /** PEFT's use_dora: the rows of the tuned matrix get trained lengths. */
  readonly usesDora: boolean;
  /** PEFT's target_modules: names (q, v, …) where every module of a name has an adapter, whole paths otherwise. */
  readonly targets: readonly string[];
  /** Module path (`encoder.block.0.layer.0.SelfAttention.q`) → its matrices. */
  readonly modules: ReadonlyMap<string, LoraModule>;
  readonly saved: SavedModules;
}

export interface LoraModule {
  readonly rank: number;
  readonly alpha: number;
  readonly inSize: number;
  readonly outSize: number;
}

/** One factor per feature that goes into a module, or comes out of it. */
export interface Ia3Plan {
  readonly kind: 'ia3';
  /** As in `LoraPlan`. */
  readonly targets: readonly string[];
  readonly modules: ReadonlyMap<string, Ia3Module>;
  readonly saved: SavedModules;
}

export interface Ia3Module {
  /** Number of factors: the layer's inputs or outputs. */
  readonly size: number;
  /** PEFT's feedforward_modules: the input is scaled instead of the output. */
  readonly scalesInput: boolean;
}

/** Learned vectors in front of the encoder's input. */
export interface PromptPlan {
  readonly kind: 'prompt-tuning';
  /** Vectors put in front. */
  readonly tokenCount: number;
  /** Rows stored: PEFT keeps, for encoder-decoder models, a second set of `tokenCount` rows that it never uses. */
  readonly rowCount: number;
  /** The model's width D. */
  readonly width: number;
  /** Tokens whose embeddings the vectors start from; null: normal random numbers. */
  readonly initTokenIds: readonly number[] | null;
}

/**
 * PEFT's modules_to_save: modules trained in full and stored beside the adapter. `names` is what was asked for; `tensors`
 * are the model's tensors that this means, among them `encoder.embed_tokens.weight` and its like of the decoder, which
 * part from the shared embedding, and the `lm_head.weight` of a tied model, which parts from it too.
 */
export interface SavedModules {
  readonly names: readonly string[];
  readonly tensors: readonly TensorSpec[];
}

export const NOTHING_SAVED: SavedModules = { names: [], tensors: [] };

/** A plan with the values of its tensors, by the names of `adapterSpecs`. What is stored, exported and sent. */
export interface AdapterSnapshot {
  readonly plan: AdapterPlan;
  /** A fresh adapter lacks those that start from the model's own weights (see `uploadAdapter`). */
  readonly tensors: ReadonlyMap<string, TensorValues>;
}

/** Every tensor of an adapter under PEFT's names, without the `base_model.model.` that files put before them. */
export function adapterSpecs(plan: AdapterPlan): TensorSpec[] {
  switch (plan.kind) {
    case 'lora':
      return [
        ...[...plan.modules].flatMap(([path, { rank, inSize, outSize }]) => [
          { name: `${path}.lora_A.weight`, shape: [rank, inSize] },
          { name: `${path}.lora_B.weight`, shape: [outSize, rank] },
          ...(plan.usesDora ? [{ name: `${path}.lora_magnitude_vector`, shape: [outSize] }] : []),
        ]),
        ...plan.saved.tensors,
      ];
    case 'ia3':
      return [
        ...[...plan.modules].map(([path, { size, scalesInput }]) => ({
          name: `${path}.ia3_l`,
          shape: scalesInput ? [1, size] : [size, 1],
        })),
        ...plan.saved.tensors,
      ];
    case 'prompt-tuning':
      return [{ name: 'prompt_embeddings', shape: [plan.rowCount, plan.width] }];
    default:
      return plan satisfies never;
  }
}

/** Trained parameters, as PEFT's `get_nb_trainable_parameters` counts them. */
export function countAdapterParameters(plan: AdapterPlan): number {
  return adapterSpecs(plan).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/** Names of the modules that carry an adapter, each once: q, v, … */
export function targetNames(plan: AdapterPlan): readonly string[] {
  if (plan.kind === 'prompt-tuning') return [];
  return [...new Set([...plan.modules.keys()].map((path) => path.slice(path.lastIndexOf('.') + 1)))];
}

/** What a module's low-rank product is multiplied by: alpha/r, or alpha/√r when rank-stabilised. */
export function loraScaling({ isRankStabilised }: LoraPlan, { rank, alpha }: LoraModule): number {
  return alpha / (isRankStabilised ? Math.sqrt(rank) : rank);
}
