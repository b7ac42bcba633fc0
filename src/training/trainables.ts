/**
 * What a run trains, on the device: the matrices of an adapter, or a copy of every weight. LoRA and full training differ
 * only in which names are here.
 */
import * as tf from '@tensorflow/tfjs';
import {
  disposeAdapter,
  readAdapter,
  uploadAdapter,
  withSaved,
  type Adapter,
} from '../engine/adapters/adapter.ts';
import type { AdapterSnapshot } from '../engine/adapters/adapterPlan.ts';
import { initAdapter } from '../engine/adapters/initAdapter.ts';
import { startAdafactorState } from '../engine/ops/adafactor/adafactor.ts';
import { startState, type OptimizerState } from '../engine/optim/update.ts';
import { readFresh } from '../engine/runtime.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { loraModules } from '../engine/t5/spec.ts';
import { copyToVariable, type Weights } from '../engine/weights.ts';
import type { TensorValues } from '../formats/safetensors.ts';
import { deriveSeed, makePrng } from '../lib/prng.ts';
import { ProblemError } from '../lib/problem.ts';
import type { RunConfig } from './runConfig.ts';
import { planOfRun } from './runPlan.ts';

/** A model on the device. Training never changes these tensors. */
export interface BaseModel {
  readonly config: T5Config;
  readonly weights: Weights;
}

export interface Trainables {
  readonly model: T5Config;
  /** As the forward pass sees them: the base's frozen tensors, or variables in full training. */
  readonly weights: Weights;
  /** Null in full training. */
  readonly adapter: Adapter | null;
  /** Name in files → parameter and what the optimizer remembers. */
  readonly states: ReadonlyMap<string, OptimizerState>;
  /** The adapter as it stands, for export; null in full training. */
  readAdapter(): Promise<AdapterSnapshot | null>;
  /** Frees parameters and moments, never the base model. */
  dispose(): void;
}

/**
 * Puts what `run` trains on the device: a fresh adapter (PEFT's init, from the seed) or copies of all weights.
 * `textTokenIds` are the tokens of `run.prompt.text`, needed where a learned prompt starts from it.
 */
export function openTrainables(
  base: BaseModel,
  run: RunConfig,
  textTokenIds: ArrayLike<number> = [],
): Trainables {
  if (run.method === 'full') {
    const weights = new Map([...base.weights].map(([name, tensor]) => [name, copyToVariable(tensor)]));
    return withStates(base.config, weights, null, weights, run);
  }
  const plan = planOfRun(base.config, run, startOfPrompt(base.config, run, textTokenIds));
  if (plan === null) throw new Error('Full training has no adapter.');
  if (plan.kind !== 'prompt-tuning' && plan.modules.size === 0) throw noModules(base.config, run);
  // "lora" for every method: the seed of earlier runs stays what it was.
  const adapter = uploadAdapter(initAdapter(plan, deriveSeed(run.seed, 'lora')), base.weights);
  return withStates(base.config, withSaved(base.weights, adapter), adapter, adapter.variables, run);
}

/** Tokens that a learned prompt starts from; null for random vectors. */
function startOfPrompt(
  { vocabSize }: T5Config,
  { prompt, seed }: RunConfig,
  textTokenIds: ArrayLike<number>,
): ArrayLike<number> | null {
  if (prompt.start === 'text') return textTokenIds;
  if (prompt.start === 'random') return null;
  const random = makePrng(deriveSeed(seed, 'prompt'));
  return Int32Array.from({ length: prompt.tokenCount }, () => random.below(vocabSize));
}

function noModules(model: T5Config, run: RunConfig): ProblemError {
  const field = run.method === 'ia3' ? 'ia3' : 'lora';
  return new ProblemError({
    code: 'adapter-no-modules',
    message: `This model has none of the target modules ${run[field].targets.join(', ')}.`,
    fix: `Choose among ${loraModules(model).join(', ')}.`,
    column: `${field}.targets`,
  });
}

function withStates(
  model: T5Config,
  weights: Weights,
  adapter: Adapter | null,
  variables: ReadonlyMap<string, tf.Variable>,
  { optimizer }: RunConfig,
): Trainables {
  const start = optimizer === 'adafactor' ? startAdafactorState : startState;
  const states = new Map<string, OptimizerState>();
  for (const [name, variable] of variables) states.set(name, start(variable));
  return {
    model,
    weights,
    adapter,
    states,
    readAdapter: async () => (adapter === null ? null : await readAdapter(adapter)),
    dispose() {
      for (const { parameter: _, ...memory } of states.values()) tf.dispose(memory);
      if (adapter === null) tf.dispose([...variables.values()]);
      else disposeAdapter(adapter);
    },
  };
}

/** Values of all trained parameters, by name: small for LoRA, the whole model for full training. */
export async function readParameters(trainables: Trainables): Promise<Map<string, TensorValues>> {
  const values = new Map<string, TensorValues>();
  for (const [name, { parameter }] of trainables.states) {
    values.set(name, { shape: parameter.shape, values: await readFresh(parameter) });
  }
  return values;
}

/** Puts values back that `readParameters` read, e.g. those of the best evaluation. */
export function writeParameters(trainables: Trainables, values: ReadonlyMap<string, TensorValues>): void {
  for (const [name, { parameter }] of trainables.states) {
    const kept = values.get(name);
    if (kept === undefined) throw new Error(`There are no values for "${name}".`);
    assignValues(parameter, kept.values);
  }
}

/** Replaces a variable's content. */
export function assignValues(variable: tf.Variable, values: Float32Array): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, 'float32')));
}
