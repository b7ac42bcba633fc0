/** Adapters on the device: uploaded from a snapshot, read back into one, freed. */
import * as tf from '@tensorflow/tfjs';
import type { TensorValues } from '../../formats/safetensors.ts';
import { embedding } from '../ops/embedding/embedding.ts';
import { readFresh } from '../runtime.ts';
import { copyToVariable, makeVariable, weight, type Weights } from '../weights.ts';
import {
  adapterSpecs,
  loraScaling,
  type AdapterPlan,
  type AdapterSnapshot,
  type Ia3Plan,
  type LoraPlan,
  type PromptPlan,
} from './adapterPlan.ts';
import { rowLengths } from './dora.ts';
import { originOf } from './savedModules.ts';

/** LoRA's matrices of one module. */
export interface LoraPair {
  readonly kind: 'lora';
  /** [R, in] */
  readonly a: tf.Variable;
  /** [out, R] */
  readonly b: tf.Variable;
  /** alpha/r, or alpha/√r for rank-stabilised adapters. */
  readonly scaling: number;
  /** [out]: DoRA's row lengths; null for plain LoRA. */
  readonly magnitude: tf.Variable | null;
}

/** IA³'s factors of one module. */
export interface Ia3Factors {
  readonly kind: 'ia3';
  /** [1,in] or [out,1] */
  readonly factors: tf.Variable;
  readonly scalesInput: boolean;
}

export type AdapterModule = LoraPair | Ia3Factors;

export interface Adapter {
  readonly plan: AdapterPlan;
  /** Module path → what is put on it. */
  readonly modules: ReadonlyMap<string, AdapterModule>;
  /** [rows,D]: vectors in front of the encoder's input; null but for prompt tuning. */
  readonly prompt: tf.Variable | null;
  /** Tensors that stand in for the model's own. */
  readonly saved: ReadonlyMap<string, tf.Variable>;
  /** All of them by the names of `adapterSpecs`. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
}

/** An adapter as used in one pass. */
export interface ActiveAdapter {
  readonly adapter: Adapter;
  /**
   * 1 as trained, 0 off, between and above a straight line through both, module by module. Prompt vectors and modules
   * trained in full are there or not.
   */
  readonly strength: number;
  /** Drop probability of LoRA's input; 0 outside training. */
  readonly dropoutRate: number;
  /** DoRA's factors by module path where many passes share one adapter; computed anew in each pass otherwise. */
  readonly doraFactors?: ReadonlyMap<string, tf.Tensor1D>;
}

/**
 * Puts a snapshot's tensors on the device as variables. Those it lacks start from the model's weights, as in PEFT: DoRA's
 * lengths are those of the base's rows, modules trained in full are copies, prompts embeddings of their first tokens.
 */
export function uploadAdapter({ plan, tensors }: AdapterSnapshot, weights: Weights): Adapter {
  const variables = new Map<string, tf.Variable>();
  for (const { name, shape } of adapterSpecs(plan)) {
    const known = tensors.get(name);
    variables.set(
      name,
      known === undefined ? fromModel(plan, name, weights) : makeVariable(shape, known.values),
    );
  }
  const find = (name: string) => variables.get(name)!;
  if (plan.kind === 'prompt-tuning') {
    return { plan, modules: new Map(), prompt: find('prompt_embeddings'), saved: new Map(), variables };
  }
  const modules = new Map<string, AdapterModule>();
  for (const path of plan.modules.keys()) {
    modules.set(path, plan.kind === 'lora' ? loraPair(plan, path, find) : ia3Factors(plan, path, find));
  }
  const saved = new Map(plan.saved.tensors.map(({ name }) => [name, find(name)]));
  return { plan, modules, prompt: null, saved, variables };
}

function ia3Factors(plan: Ia3Plan, path: string, find: (name: string) => tf.Variable): Ia3Factors {
  const { scalesInput } = plan.modules.get(path)!;
  return { kind: 'ia3', factors: find(`${path}.ia3_l`), scalesInput };
}

function loraPair(plan: LoraPlan, path: string, find: (name: string) => tf.Variable): LoraPair {
  return {
    kind: 'lora',
    a: find(`${path}.lora_A.weight`),
    b: find(`${path}.lora_B.weight`),
    scaling: loraScaling(plan, plan.modules.get(path)!),
    magnitude: plan.usesDora ? find(`${path}.lora_magnitude_vector`) : null,
  };
}

function fromModel(plan: AdapterPlan, name: string, weights: Weights): tf.Variable {
  const magnitude = '.lora_magnitude_vector';
  if (name.endsWith(magnitude)) {
    const matrix = weight<tf.Rank.R2>(weights, `${name.slice(0, -magnitude.length)}.weight`); // [out,in]
    return tf.tidy(() => tf.variable(rowLengths(matrix)));
  }
  if (plan.kind === 'prompt-tuning') return promptFromTokens(plan, weights);
  return copyToVariable(weight(weights, originOf(name, weights)));
}

function promptFromTokens({ initTokenIds }: PromptPlan, weights: Weights): tf.Variable {
  if (initTokenIds === null) throw new Error('The prompt has neither values nor tokens to start from.');
  const table = weight<tf.Rank.R2>(weights, 'shared.weight'); // [V,D]
  return tf.tidy(() =>
    tf.variable(embedding(table, tf.tensor1d([...initTokenIds], 'int32'), { frozen: true })),
  );
}

/** The adapter's present values. */
export async function readAdapter(adapter: Adapter): Promise<AdapterSnapshot> {
  const tensors = new Map<string, TensorValues>();
  for (const [name, variable] of adapter.variables) {
    tensors.set(name, { shape: variable.shape, values: await readFresh(variable) });
  }
  return { plan: adapter.plan, tensors };
}

/** The model's weights with those that the adapter replaces in their place. Nothing is copied. */
export function withSaved(weights: Weights, adapter: Adapter | null): Weights {
  return adapter === null || adapter.saved.size === 0 ? weights : new Map([...weights, ...adapter.saved]);
}

/** Frees an adapter's variables. */
export function disposeAdapter(adapter: Adapter): void {
  for (const variable of adapter.variables.values()) variable.dispose();
}
