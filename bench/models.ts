/** Model shapes that are measured, with random weights and batches: times do not depend on the values. */
import type * as tf from '@tensorflow/tfjs';
import type { MatrixStore } from '../src/engine/ops/packedMatrix/packedForm.ts';
import type { T5Config } from '../src/engine/t5/config.ts';
import { tensorSpecs } from '../src/engine/t5/spec.ts';
import { uploadFrozen } from '../src/engine/weights.ts';
import { makePrng } from '../src/lib/prng.ts';

const common = {
  dKv: 64,
  relativeAttentionNumBuckets: 32,
  relativeAttentionMaxDistance: 128,
  layerNormEpsilon: 1e-6,
  dropoutRate: 0,
  padTokenId: 0,
  eosTokenId: 1,
  decoderStartTokenId: 0,
} as const;

const flan = {
  ...common,
  vocabSize: 32128,
  feedForwardProj: 'gated-gelu',
  tieWordEmbeddings: false,
} as const;

/** Shapes by name. `tiny` is only for trying the bench itself. */
export const modelShapes = {
  tiny: {
    ...common,
    dKv: 8,
    dModel: 16,
    dFf: 32,
    numHeads: 2,
    numLayers: 1,
    numDecoderLayers: 1,
    vocabSize: 96,
    feedForwardProj: 'gated-gelu',
    tieWordEmbeddings: true,
  },
  starter: {
    ...common,
    dModel: 256,
    dFf: 832,
    numHeads: 4,
    numLayers: 6,
    numDecoderLayers: 4,
    vocabSize: 8192,
    feedForwardProj: 'gated-gelu',
    tieWordEmbeddings: true,
  },
  't5-small': {
    ...common,
    dModel: 512,
    dFf: 2048,
    numHeads: 8,
    numLayers: 6,
    numDecoderLayers: 6,
    vocabSize: 32128,
    feedForwardProj: 'relu',
    tieWordEmbeddings: true,
  },
  'flan-t5-small': { ...flan, dModel: 512, dFf: 1024, numHeads: 6, numLayers: 8, numDecoderLayers: 8 },
  'flan-t5-base': { ...flan, dModel: 768, dFf: 2048, numHeads: 12, numLayers: 12, numDecoderLayers: 12 },
} as const satisfies Record<string, T5Config>;

export type ModelName = keyof typeof modelShapes;

/** Uniform values of T5's initial spread, drawn per tensor; norms are 1. */
export function randomValues(config: T5Config, name: string, shape: readonly number[]): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  if (shape.length === 1) return new Float32Array(size).fill(1);
  const random = makePrng(size + name.length);
  const bound = Math.sqrt(3) * spread(config, name);
  return Float32Array.from({ length: size }, () => (2 * random.next() - 1) * bound);
}

/** Standard deviation with which T5 starts a matrix. */
function spread({ dModel, dKv, dFf, numHeads }: T5Config, name: string): number {
  if (name === 'shared.weight') return 1;
  if (name.endsWith('.q.weight')) return (dModel * dKv) ** -0.5;
  if (name.endsWith('.o.weight')) return (numHeads * dKv) ** -0.5;
  if (name.endsWith('.wo.weight')) return dFf ** -0.5;
  return dModel ** -0.5;
}

/** Every tensor of a model on the present backend, frozen matrices in so many bits: 16 is how the page keeps those of a file. */
export function randomWeights(config: T5Config, precision: MatrixStore = 'f32'): Map<string, tf.Tensor> {
  const weights = new Map<string, tf.Tensor>();
  for (const { name, shape } of tensorSpecs(config)) {
    weights.set(name, uploadFrozen(name, shape, randomValues(config, name, shape), precision));
  }
  return weights;
}

export { fullBatch } from '../src/training/repeatedStep.ts';
