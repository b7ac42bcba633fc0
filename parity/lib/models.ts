/** Model folders and batches of a case, on the device. */
import type { Batch } from '../../src/data/batch.ts';
import type { T5Config } from '../../src/engine/t5/config.ts';
import { uploadWeight, type Weights } from '../../src/engine/weights.ts';
import { checkModel, streamTensors } from '../../src/interop/huggingFace.ts';
import type * as tf from '@tensorflow/tfjs';
import type { Folder } from './folder.ts';

/** Loads a model folder the way the page does. The caller disposes the weights. */
export async function loadModel(
  folder: Folder,
  path: string,
): Promise<{ config: T5Config; weights: Weights }> {
  const names = ['config.json', 'model.safetensors'];
  const files = names.map(async (name) => ({ name, source: await folder.source(`${path}/${name}`) }));
  const model = await checkModel(await Promise.all(files));
  if (model.unexpected.length > 0) throw new Error(`Unexpected tensors: ${model.unexpected.join(', ')}.`);
  const weights = new Map<string, tf.Tensor>();
  await streamTensors(model, (name, shape, values) => void weights.set(name, uploadWeight(shape, values)));
  return { config: model.config, weights };
}

/** A batch that the Python half wrote. */
export async function loadBatch(folder: Folder, path: string): Promise<Batch> {
  const json =
    await folder.json<Record<'inputIds' | 'inputMask' | 'labels' | 'decoderInputIds', number[]>>(path);
  const { size } = json as unknown as { size: number };
  return {
    size,
    inputLength: json.inputIds.length / size,
    labelLength: json.labels.length / size,
    inputIds: Int32Array.from(json.inputIds),
    inputMask: Int32Array.from(json.inputMask),
    decoderInputIds: Int32Array.from(json.decoderInputIds),
    labels: Int32Array.from(json.labels),
    labelTokenCount: json.labels.filter((id) => id >= 0).length,
    inputTokenCount: json.inputMask.filter((id) => id === 1).length,
  };
}
