/** The tiny models of make_golden.py and the numbers that go with them, for tests. */
import { readFileSync } from 'node:fs';
import type * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../data/batch.ts';
import { uploadAdapter, type Adapter } from '../../engine/adapters/adapter.ts';
import type { T5Config } from '../../engine/t5/config.ts';
import { uploadWeight, type Weights } from '../../engine/weights.ts';
import { bytesSource } from '../../formats/byteSource.ts';
import { readTensor } from '../../formats/safetensors.ts';
import { readSafetensorsHeader } from '../../formats/safetensorsHeader.ts';
import { checkModel, streamTensors, type ModelFile } from '../../interop/huggingFace.ts';
import { readPeftAdapter } from '../../interop/peft.ts';
import { goldenPath } from './goldenJson.ts';

export type Flavour = 'relu' | 'gated';
export const FLAVOURS: readonly Flavour[] = ['relu', 'gated'];

interface TenSteps {
  losses: number[];
  norms: number[];
}

/** golden.json */
export interface GoldenNumbers {
  loss: number;
  lora_loss: number;
  generated: number[][];
  lora_generated: number[][];
  full: TenSteps;
  lora: TenSteps;
}

/** A golden file as a model file. */
export function goldenFile(folder: string, name: string): ModelFile {
  return { name, source: bytesSource(readFileSync(goldenPath(`${folder}/${name}`))) };
}

/** All tensors of golden.safetensors (integers as floats). */
export async function goldenTensors(folder: string): Promise<Map<string, Float32Array>> {
  const { name, source } = goldenFile(folder, 'golden.safetensors');
  const header = await readSafetensorsHeader(source, name);
  const tensors = new Map<string, Float32Array>();
  for (const entry of header.entries.values()) {
    if (entry.dtype === 'I32') {
      const bytes = await source.slice(entry.begin, entry.end);
      tensors.set(entry.name, Float32Array.from(new Int32Array(bytes.buffer)));
    } else tensors.set(entry.name, await readTensor(source, header, entry.name));
  }
  return tensors;
}

/** The model's weights as arrays. */
export async function goldenWeightArrays(
  flavour: Flavour,
): Promise<{ config: T5Config; arrays: Map<string, { shape: readonly number[]; values: Float32Array }> }> {
  const model = await checkModel([goldenFile(flavour, 'config.json'), goldenFile(flavour, 'model.safetensors')]);
  const arrays = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  await streamTensors(model, (name, shape, values) => void arrays.set(name, { shape, values }));
  return { config: model.config, arrays };
}

/** The model on the present backend. */
export async function loadGoldenModel(flavour: Flavour): Promise<{ config: T5Config; weights: Weights }> {
  const { config, arrays } = await goldenWeightArrays(flavour);
  const weights = new Map<string, tf.Tensor>();
  for (const [name, { shape, values }] of arrays) weights.set(name, uploadWeight(shape, values));
  return { config, weights };
}

/** An adapter that peft wrote, read by us, on the present backend. */
export async function loadGoldenAdapter(
  flavour: Flavour,
  config: T5Config,
  weights: Weights,
  folder = `${flavour}/adapter`,
): Promise<Adapter> {
  const { snapshot } = await readPeftAdapter(goldenAdapterFiles(folder), config);
  return uploadAdapter(snapshot, weights);
}

/** The files that peft wrote. */
export function goldenAdapterFiles(folder: string): ModelFile[] {
  return ['adapter_config.json', 'adapter_model.safetensors'].map((name) => goldenFile(folder, name));
}

/** make_adapters.py's folders: one adapter of each kind, written by peft. */
export const ADAPTER_CASES = [
  'rslora',
  'saved',
  'layers',
  'dora',
  'ia3',
  'ia3-own',
  'prompt',
  'prompt-twice',
] as const;

export const goldenAdapterFolder = (flavour: Flavour, name: string): string => `adapters/${flavour}/${name}`;

/** golden.json of an adapter. */
export interface GoldenAdapterNumbers {
  loss: number;
  /** peft's get_nb_trainable_parameters. */
  trainable: number;
  generated: number[][];
  /** Gated models only. */
  steps?: TenSteps;
}

/** The batch that all golden numbers are about. */
export function goldenBatch(tensors: Map<string, Float32Array>): Batch {
  const ints = (name: string) => Int32Array.from(tensors.get(name)!);
  const inputMask = ints('attention_mask');
  const labels = ints('labels');
  const size = 3;
  return {
    size,
    inputLength: inputMask.length / size,
    labelLength: labels.length / size,
    inputIds: ints('input_ids'),
    inputMask,
    decoderInputIds: ints('decoder_input_ids'),
    labels,
    labelTokenCount: labels.filter((id) => id >= 0).length,
    inputTokenCount: inputMask.filter((id) => id === 1).length,
  };
}

/** Each row as a batch of its own. */
export function rowsOf(batch: Batch): Batch[] {
  const part = (values: Int32Array, row: number) => {
    const length = values.length / batch.size;
    return values.slice(row * length, (row + 1) * length);
  };
  return Array.from({ length: batch.size }, (_, row) => ({
    ...batch,
    size: 1,
    inputIds: part(batch.inputIds, row),
    inputMask: part(batch.inputMask, row),
    decoderInputIds: part(batch.decoderInputIds, row),
    labels: part(batch.labels, row),
    labelTokenCount: part(batch.labels, row).filter((id) => id >= 0).length,
    inputTokenCount: part(batch.inputMask, row).filter((id) => id === 1).length,
  }));
}
