/**
 * The table of a T5's tensors: Hugging Face names and shapes, and which of them LoRA can be put on.
 * Loading, optimizer state, export and the parameter counts all read this one table. Pure: no tensors here.
 */
import type { T5Config } from './config.ts';

export type Stack = 'encoder' | 'decoder';

export interface TensorSpec {
  /** Hugging Face name, e.g. `encoder.block.0.layer.0.SelfAttention.q.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** A weight matrix that LoRA can be put on: `linear` maps `inSize` to `outSize` features. */
export interface LinearSpec {
  /** Module path, e.g. `encoder.block.0.layer.0.SelfAttention.q`; its tensor is `${path}.weight` [out, in]. */
  readonly path: string;
  /** Last part of the path, as PEFT's target_modules name it: q, k, v, o, wi, wi_0, wi_1 or wo. */
  readonly module: string;
  readonly inSize: number;
  readonly outSize: number;
}

/** The two feed-forward layouts: T5 v1.0 has one `wi`, v1.1 and FLAN a gate `wi_0` and a value `wi_1`. */
export function inputProjections(config: T5Config): readonly string[] {
  return config.feedForwardProj === 'gated-gelu' ? ['wi_0', 'wi_1'] : ['wi'];
}

/** Modules that LoRA can target in this model, in the order in which people list them. */
export function loraModules(config: T5Config): readonly string[] {
  return ['q', 'k', 'v', 'o', ...inputProjections(config), 'wo'];
}

/** All linear layers of the blocks (not lm_head), in forward order. */
export function linearSpecs(config: T5Config): LinearSpec[] {
  const { dModel: D, dFf: F } = config;
  const inner = config.numHeads * config.dKv;
  const linear = (path: string, module: string, inSize: number, outSize: number): LinearSpec => ({
    path: `${path}.${module}`,
    module,
    inSize,
    outSize,
  });
  const attention = (path: string) => [
    ...['q', 'k', 'v'].map((module) => linear(path, module, D, inner)),
    linear(path, 'o', inner, D),
  ];
  const feedForward = (path: string) => [
    ...inputProjections(config).map((module) => linear(path, module, D, F)),
    linear(path, 'wo', F, D),
  ];
  const encoder = Array.from({ length: config.numLayers }, (_, i) => [
    ...attention(`encoder.block.${i}.layer.0.SelfAttention`),
    ...feedForward(`encoder.block.${i}.layer.1.DenseReluDense`),
  ]);
  const decoder = Array.from({ length: config.numDecoderLayers }, (_, i) => [
    ...attention(`decoder.block.${i}.layer.0.SelfAttention`),
    ...attention(`decoder.block.${i}.layer.1.EncDecAttention`),
    ...feedForward(`decoder.block.${i}.layer.2.DenseReluDense`),
  ]);
  return [...encoder, ...decoder].flat();
}

/** Linear layers whose module name is one of `targets` (PEFT's target_modules as a list of names). */
export function loraSpecs(config: T5Config, targets: readonly string[]): LinearSpec[] {
  return linearSpecs(config).filter((linear) => targets.includes(linear.module));
}

/** Every tensor of the model. A tied model has no `lm_head.weight`. */
export function tensorSpecs(config: T5Config): TensorSpec[] {
  const { dModel: D, numHeads: H, vocabSize: V } = config;
  const norm = (name: string): TensorSpec => ({ name: `${name}.weight`, shape: [D] });
  const layerNorms = (stack: Stack, blocks: number, layers: number) =>
    Array.from({ length: blocks }, (_, i) =>
      Array.from({ length: layers }, (_, j) => norm(`${stack}.block.${i}.layer.${j}.layer_norm`)),
    ).flat();
  const bias = (stack: Stack): TensorSpec => ({
    name: relativeBiasName(stack),
    shape: [config.relativeAttentionNumBuckets, H],
  });
  return [
    { name: 'shared.weight', shape: [V, D] },
    ...linearSpecs(config).map(({ path, inSize, outSize }) => ({
      name: `${path}.weight`,
      shape: [outSize, inSize],
    })),
    bias('encoder'),
    bias('decoder'),
    ...layerNorms('encoder', config.numLayers, 2),
    ...layerNorms('decoder', config.numDecoderLayers, 3),
    norm('encoder.final_layer_norm'),
    norm('decoder.final_layer_norm'),
    ...(config.tieWordEmbeddings ? [] : [{ name: 'lm_head.weight', shape: [V, D] }]),
  ];
}

/** Only block 0 of a stack holds the relative position bias; the other blocks reuse it. */
export function relativeBiasName(stack: Stack): string {
  return `${stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`;
}

/** Parameters of the whole model. */
export function countParameters(config: T5Config): number {
  return tensorSpecs(config).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
