/** Our ids for prompts of ids, in Node: what the scripts that compare with transformers call. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { DecodingOptions } from '../engine/decoding/decodingOptions.ts';
import { openDevice } from '../engine/device.ts';
import { inferencePass } from '../engine/t5/forwardPass.ts';
import { generate } from '../engine/t5/generate.ts';
import { padPrompts } from '../engine/t5/promptBatch.ts';
import { uploadWeight } from '../engine/weights.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { checkModel, streamTensors } from '../interop/huggingFace.ts';
import { openTestDevice } from './webgpuDevice.ts';

export interface IdsRequest {
  /** Folder with config.json and *.safetensors. */
  readonly modelFolder: string;
  readonly backend: 'cpu' | 'wasm' | 'webgpu';
  readonly prompts: readonly (readonly number[])[];
  /** Each of them is applied to all prompts. */
  readonly options: readonly Partial<DecodingOptions>[];
  /** Prompts decoded at once. */
  readonly batchSize?: number;
}

/** For every set of options the ids of every prompt, without the start token and without </s>. */
export async function generateIds(request: IdsRequest): Promise<number[][][]> {
  const { prompts, batchSize = 8 } = request;
  await openBackend(request.backend);
  const files = readdirSync(request.modelFolder)
    .filter((name) => name === 'config.json' || name.endsWith('.safetensors'))
    .map((name) => ({ name, source: bytesSource(readFileSync(join(request.modelFolder, name))) }));
  const model = await checkModel(files);
  const weights = new Map<string, tf.Tensor>();
  await streamTensors(model, (name, shape, values) => void weights.set(name, uploadWeight(shape, values)));
  const pass = inferencePass(model.config, weights);
  const answers: number[][][] = [];
  for (const options of request.options) {
    const rows: number[][] = [];
    for (let start = 0; start < prompts.length; start += batchSize) {
      const batch = padPrompts(prompts.slice(start, start + batchSize));
      for (const { ids } of await generate(pass, batch, options)) rows.push([...ids]);
    }
    answers.push(rows);
  }
  tf.dispose([...weights.values()]);
  return answers;
}

async function openBackend(backend: IdsRequest['backend']): Promise<void> {
  if (backend === 'wasm') await openDevice('wasm');
  else if (backend === 'cpu') await tf.setBackend('cpu');
  else if ((await openTestDevice()) === null) throw new Error('This machine has no WebGPU.');
}
