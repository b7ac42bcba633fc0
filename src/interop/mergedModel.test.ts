/** Merged models as files: read back they are peft's merge_and_unload, and answer like the adapter. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { disposeAdapter } from '../engine/adapters/adapter.ts';
import { mergedModel } from '../engine/adapters/mergedTensors.ts';
import { readFresh } from '../engine/runtime.ts';
import { uploadBatch } from '../engine/t5/batchTensors.ts';
import { inferencePass } from '../engine/t5/forwardPass.ts';
import { forward } from '../engine/t5/t5.ts';
import { uploadWeight } from '../engine/weights.ts';
import { streamedByteLength, streamSafetensors, type StreamedFormat } from '../formats/safetensorsStream.ts';
import {
  FLAVOURS,
  goldenAdapterFolder,
  goldenBatch,
  goldenFile,
  goldenTensors,
  loadGoldenAdapter,
  loadGoldenModel,
  type Flavour,
} from '../test/golden/goldenModel.ts';
import { unzipFiles } from './adapterZip.ts';
import { checkModel, streamTensors } from './huggingFace.ts';
import { mergedModelFiles } from './mergedModelFiles.ts';
import { streamZip } from './zipStream.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

async function zipOf(
  flavour: Flavour,
  name: string,
  format: StreamedFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const { config, weights } = await loadGoldenModel(flavour);
  const adapter = await loadGoldenAdapter(flavour, config, weights, goldenAdapterFolder(flavour, name));
  const { source } = goldenFile(flavour, 'config.json');
  const configJson = new TextDecoder().decode(await source.slice(0, source.byteLength));
  const before = tf.memory().numTensors;
  const { tensors, tieWordEmbeddings } = mergedModel(config, weights, adapter);
  const texts = mergedModelFiles({ config, configJson, tokenizerJson: '{}', tieWordEmbeddings, format });
  const text = (file: string) => new TextEncoder().encode(texts.get(file));
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const files = [
    ...[...texts.keys()].map((file) => ({
      name: file,
      byteLength: text(file).length,
      pieces: () => [text(file)],
    })),
    {
      name: 'model.safetensors',
      byteLength: streamedByteLength(tensors, format),
      pieces: () => streamSafetensors(tensors, format),
    },
  ];
  await streamZip(files, async (piece) => void pieces.push(Uint8Array.from(piece)));
  expect(tf.memory().numTensors).toBe(before);
  disposeAdapter(adapter);
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

const cases = FLAVOURS.flatMap((flavour) =>
  (['rslora', 'layers', 'dora', 'ia3', 'ia3-own'] as const).map((name) => [flavour, name] as const),
);

test.each(cases)('%s %s: F32 equals merge_and_unload', async (flavour, name) => {
  const files = await unzipFiles(await zipOf(flavour, name, 'F32'), 'merged.zip');
  const model = await checkModel(files);
  expect(model.unexpected).toEqual([]);
  const read = new Map<string, Float32Array>();
  const weights = new Map<string, tf.Tensor>();
  await streamTensors(model, (tensor, shape, values) => {
    read.set(tensor, values);
    weights.set(tensor, uploadWeight(shape, values));
  });
  const golden = await goldenTensors(goldenAdapterFolder(flavour, name));
  const merged = [...golden].filter(([key]) => key.startsWith('merged.'));
  expect(merged.length).toBeGreaterThan(0);
  for (const [key, values] of merged) {
    expect(read.get(key.slice('merged.'.length))!).toBeAllClose(values, { atol: 1e-6, rtol: 1e-5 });
  }
  const batch = goldenBatch(await goldenTensors(flavour));
  const logits = tf.tidy(() => forward(inferencePass(model.config, weights), uploadBatch(batch)));
  expect(await readFresh(logits)).toBeAllClose(golden.get('logits')!, { atol: 6e-5, rtol: 1e-4 });
});

test('F16 is read as F16, near F32', async () => {
  const modelOf = async (format: StreamedFormat) =>
    checkModel(await unzipFiles(await zipOf('gated', 'dora', format), 'merged.zip'));
  const half = await modelOf('F16');
  const full = await modelOf('F32');
  expect(half.dtypes).toEqual(['F16']);
  const values = async (model: typeof half) => {
    const all: number[] = [];
    await streamTensors(model, (_, __, numbers) => void all.push(...numbers));
    return Float32Array.from(all);
  };
  expect(await values(half)).toBeAllClose(await values(full), { atol: 1e-7, rtol: 2 ** -11 });
});

test('an output layer of its own unties a tied model and answers the same', async () => {
  const { config, weights } = await loadGoldenModel('relu');
  const folder = goldenAdapterFolder('relu', 'saved');
  const adapter = await loadGoldenAdapter('relu', config, weights, folder);
  expect(() => mergedModel(config, weights, adapter)).toThrow(/token embeddings of its own/);

  // Without the embeddings it can be written.
  const saved = new Map([...adapter.saved].filter(([name]) => !name.includes('embed_tokens')));
  const { tensors, tieWordEmbeddings } = mergedModel(config, weights, { ...adapter, saved });
  expect(tieWordEmbeddings).toBe(false);
  const merged = new Map<string, tf.Tensor>();
  for (const tensor of tensors) merged.set(tensor.name, uploadWeight(tensor.shape, await tensor.read()));
  const batch = goldenBatch(await goldenTensors('relu'));
  const logitsOf = async (pass: ReturnType<typeof inferencePass>): Promise<Float32Array> => {
    const logits = tf.tidy(() => forward(pass, uploadBatch(batch)));
    return readFresh(logits);
  };
  const wanted = await logitsOf(inferencePass(config, weights, { ...adapter, saved }));
  const untied = { ...config, tieWordEmbeddings };
  expect(await logitsOf(inferencePass(untied, merged))).toBeAllClose(wanted, { atol: 1e-5, rtol: 1e-5 });
  disposeAdapter(adapter);
});

test('config.json keeps what Graft does not know and says what changed', async () => {
  const { config } = await loadGoldenModel('relu');
  const facts = { config, tokenizerJson: '{}', tieWordEmbeddings: false, format: 'F16' } as const;
  const configJson = JSON.stringify({
    own: 1,
    tie_word_embeddings: true,
    scale_decoder_outputs: true,
    dtype: 'x',
  });
  const files = mergedModelFiles({ ...facts, configJson });
  expect(JSON.parse(files.get('config.json')!)).toEqual({
    model_type: 't5',
    own: 1,
    tie_word_embeddings: false,
    scale_decoder_outputs: false,
    dtype: 'float16',
    architectures: ['T5ForConditionalGeneration'],
  });
  expect(JSON.parse(files.get('generation_config.json')!)).toMatchObject({ decoder_start_token_id: 0 });
});

test('a zip of more than it can hold is refused before anything is written', async () => {
  const huge = { name: 'x', byteLength: 5e9, pieces: () => [] };
  await expect(streamZip([huge], async () => undefined)).rejects.toThrow(/5.0 GB; a zip holds 4.3/);
});
