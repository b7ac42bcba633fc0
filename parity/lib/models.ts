/** Model folders and batches of a case, on the device. */
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../src/data/batch.ts';
import type { T5Config } from '../../src/engine/t5/config.ts';
import { readFresh } from '../../src/engine/runtime.ts';
import { uploadWeight, type Weights } from '../../src/engine/weights.ts';
import { checkModel, streamTensors } from '../../src/interop/huggingFace.ts';
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

/** Computes in a tidy, reads the result and frees it. */
export async function readTensorOnce(compute: () => tf.Tensor): Promise<Float32Array> {
  const result = tf.tidy(compute);
  const values = await readFresh(result);
  result.dispose();
  return values;
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

/** The rows in groups of 1, 2, 3, …, each padded to its own longest row only: other shapes, other label counts. */
export function cutBatch(batch: Batch): Batch[] {
  const parts: Batch[] = [];
  for (let first = 0, count = 1; first < batch.size; first += count, count++) {
    parts.push(takeRows(batch, first, Math.min(first + count, batch.size)));
  }
  return parts;
}

/** Rows [first, end), without the positions that none of them uses. */
function takeRows(batch: Batch, first: number, end: number): Batch {
  const size = end - first;
  const longest = (values: Int32Array, width: number, isUsed: (value: number) => boolean): number => {
    let length = 1;
    for (let row = first; row < end; row++) {
      for (let i = 0; i < width; i++) if (isUsed(values[row * width + i]!)) length = Math.max(length, i + 1);
    }
    return length;
  };
  const inputLength = longest(batch.inputMask, batch.inputLength, (mask) => mask === 1);
  const labelLength = longest(batch.labels, batch.labelLength, (label) => label >= 0);
  const take = (values: Int32Array, width: number, length: number): Int32Array => {
    const rows = new Int32Array(size * length);
    for (let row = 0; row < size; row++) {
      const start = (first + row) * width;
      rows.set(values.subarray(start, start + length), row * length);
    }
    return rows;
  };
  const labels = take(batch.labels, batch.labelLength, labelLength);
  const inputMask = take(batch.inputMask, batch.inputLength, inputLength);
  return {
    size,
    inputLength,
    labelLength,
    inputIds: take(batch.inputIds, batch.inputLength, inputLength),
    inputMask,
    decoderInputIds: take(batch.decoderInputIds, batch.labelLength, labelLength),
    labels,
    labelTokenCount: labels.filter((id) => id >= 0).length,
    inputTokenCount: inputMask.filter((mask) => mask === 1).length,
  };
}
