/**
 * A model's tensors with its adapter folded in, one at a time: what a merged model is written from. No more than one merged
 * matrix is on the device at once.
 */
import type * as tf from '@tensorflow/tfjs';
import { ProblemError } from '../../lib/problem.ts';
import { valueShape } from '../ops/packedMatrix/packedForm.ts';
import { readFresh } from '../runtime.ts';
import type { T5Config } from '../t5/config.ts';
import { readWeight, weight, type Weights } from '../weights.ts';
import type { Adapter } from './adapter.ts';
import { assertMergeable, mergeModule } from './mergeAdapter.ts';
import { EMBEDDING_VIEWS } from './savedModules.ts';

/** One tensor of the merged model. */
export interface MergedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Computes and reads it, row-major. */
  read(): Promise<Float32Array>;
}

/** The tensors and what the model's config.json has to say about its output layer. */
export interface MergedModel {
  readonly tensors: readonly MergedTensor[];
  readonly tieWordEmbeddings: boolean;
}

/**
 * The merged model under Hugging Face's names; `adapter` null: the weights as they are. A tied model whose adapter brings
 * an output layer of its own becomes an untied one, its scale by D^-0.5 moved into that layer. Throws ProblemError for what
 * no T5 file can hold: learned prompts and two different token embeddings.
 */
export function mergedModel(config: T5Config, weights: Weights, adapter: Adapter | null): MergedModel {
  if (adapter === null) return { tensors: asTheyAre(weights), tieWordEmbeddings: config.tieWordEmbeddings };
  assertMergeable(adapter);
  if (EMBEDDING_VIEWS.some((name) => adapter.saved.has(name))) throw twoEmbeddings();
  const base = asTheyAre(new Map([...weights, ...adapter.saved]));
  const untied = config.tieWordEmbeddings && adapter.saved.has('lm_head.weight');
  const tensors = base.map((tensor): MergedTensor => {
    const module = adapter.modules.get(tensor.name.replace(/\.weight$/, ''));
    if (module !== undefined) {
      const matrix = weight<tf.Rank.R2>(weights, tensor.name);
      return { ...tensor, read: () => readAndDispose(mergeModule(matrix, module)) };
    }
    if (!untied || tensor.name !== 'lm_head.weight') return tensor;
    const scale = config.dModel ** -0.5;
    return { ...tensor, read: async () => (await tensor.read()).map((value) => value * scale) };
  });
  return { tensors, tieWordEmbeddings: config.tieWordEmbeddings && !untied };
}

function asTheyAre(weights: Weights): MergedTensor[] {
  return [...weights].map(([name, tensor]) => ({
    name,
    shape: valueShape(tensor),
    read: () => readWeight(tensor),
  }));
}

async function readAndDispose(tensor: tf.Tensor2D): Promise<Float32Array> {
  try {
    return await readFresh(tensor);
  } finally {
    tensor.dispose();
  }
}

function twoEmbeddings(): ProblemError {
  return new ProblemError({
    code: 'merge-two-embeddings',
    message: 'The adapter has token embeddings of its own for each stack; a T5 file holds one for both.',
    fix: 'Download the adapter; peft loads it beside its model.',
  });
}
