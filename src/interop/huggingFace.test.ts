import { expect, test } from 'vitest';
import { bytesSource } from '../formats/byteSource.ts';
import { writeSafetensors, type TensorValues } from '../formats/safetensors.ts';
import type { Progress } from '../lib/progress.ts';
import { goldenJson } from '../test/golden/goldenJson.ts';
import { goldenFile, goldenWeightArrays } from '../test/golden/goldenModel.ts';
import { checkModel, streamTensors, type ModelFile } from './huggingFace.ts';

const { arrays } = await goldenWeightArrays('gated');

function jsonFile(name: string, value: unknown): ModelFile {
  return { name, source: bytesSource(new TextEncoder().encode(JSON.stringify(value))) };
}

function weightFile(tensors: ReadonlyMap<string, TensorValues>, name = 'model.safetensors'): ModelFile {
  return { name, source: bytesSource(writeSafetensors(tensors)) };
}

function config(changes: object = {}): ModelFile {
  return jsonFile('config.json', { ...(goldenJson('gated/config.json') as object), ...changes });
}

async function load(files: readonly ModelFile[]): Promise<Map<string, Float32Array>> {
  const loaded = new Map<string, Float32Array>();
  await streamTensors(await checkModel(files), (name, _, values) => void loaded.set(name, values));
  return loaded;
}

test('a folder of one file: every tensor, and progress in bytes', async () => {
  const model = await checkModel([
    goldenFile('gated', 'config.json'),
    goldenFile('gated', 'model.safetensors'),
  ]);
  expect(model).toMatchObject({ dtypes: ['F32'], unexpected: [] });
  expect(model.tensors).toHaveLength(arrays.size);
  const progress: Progress[] = [];
  await streamTensors(model, () => {}, { onProgress: (report) => progress.push(report) });
  expect(progress).toHaveLength(arrays.size + 1);
  expect(progress.at(-1)).toMatchObject({ done: model.byteLength, total: model.byteLength, unit: 'bytes' });
});

test('shards with an index give what one file gives', async () => {
  const names = [...arrays.keys()];
  const part = (from: number, to: number) =>
    new Map(names.slice(from, to).map((name) => [name, arrays.get(name)!]));
  const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const weightMap = Object.fromEntries(names.map((name, i) => [name, i < 20 ? first : second]));
  const files = [
    config(),
    jsonFile('model.safetensors.index.json', { metadata: { total_size: 1 }, weight_map: weightMap }),
    weightFile(part(0, 20), first),
    weightFile(part(20, names.length), second),
  ];
  const loaded = await load(files);
  for (const [name, { values }] of arrays) expect(loaded.get(name)).toEqual(values);
  await expect(load(files.slice(0, 3))).rejects.toMatchObject({
    problem: { code: 'model-missing-shard', message: expect.stringContaining(second) },
  });
});

test('the embedding under its other names, and aliases and leftovers that transformers ignores', async () => {
  const shared = arrays.get('shared.weight')!;
  const others = new Map([...arrays].filter(([name]) => name !== 'shared.weight'));
  const loaded = await load([
    config(),
    weightFile(new Map([...others, ['decoder.embed_tokens.weight', shared]])),
  ]);
  expect(loaded.get('shared.weight')).toEqual(shared.values);
  const old = 'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight';
  const bias = arrays.get('decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight')!;
  const full = new Map([
    ...arrays,
    ['encoder.embed_tokens.weight', shared],
    [old, bias],
    ['extra.weight', bias],
  ]);
  expect((await checkModel([config(), weightFile(full)])).unexpected).toEqual(['extra.weight']);
});

test('a head that is the unscaled embedding (transformers 5) is loaded from it', async () => {
  const headless = new Map([...arrays].filter(([name]) => name !== 'lm_head.weight'));
  const loaded = await load([
    config({ tie_word_embeddings: true, scale_decoder_outputs: false }),
    weightFile(headless),
  ]);
  expect(loaded.get('lm_head.weight')).toEqual(arrays.get('shared.weight')!.values);
});

test('a tied model ignores a stored head', async () => {
  const model = await checkModel([config({ tie_word_embeddings: true }), weightFile(arrays)]);
  expect(model.unexpected).toEqual([]);
  expect(model.tensors.map(({ name }) => name)).not.toContain('lm_head.weight');
});

const path = 'decoder.block.1.layer.1.EncDecAttention.v.weight';
const without = (name: string) => new Map([...arrays].filter(([other]) => other !== name));

test.each<[string, ModelFile[], string, RegExp]>([
  [
    'no config.json',
    [weightFile(arrays)],
    'model-no-config',
    /no config.json among the files \(model.safetensors\)/,
  ],
  ['no weights', [config()], 'model-no-weights', /no model.safetensors/],
  ['pickled weights', [config(), jsonFile('pytorch_model.bin', 0)], 'model-no-weights', /pytorch_model.bin/],
  [
    'a missing tensor',
    [config(), weightFile(without(path))],
    'model-missing-tensor',
    /EncDecAttention.v.weight" \[12, 16\] is missing/,
  ],
  [
    'no embedding',
    [config(), weightFile(without('shared.weight'))],
    'model-missing-tensor',
    /"shared.weight"/,
  ],
  [
    'a wrong shape',
    [config(), weightFile(new Map([...arrays, [path, { shape: [16, 12], values: new Float32Array(192) }]]))],
    'model-wrong-shape',
    /EncDecAttention.v.weight" is \[16, 12\]; by config.json it should be \[12, 16\]/,
  ],
  [
    'the config of a wider model',
    [config({ d_model: 32 }), weightFile(arrays)],
    'model-wrong-shape',
    /"shared.weight"/,
  ],
  [
    'the same tensors twice',
    [config(), weightFile(arrays), weightFile(arrays, 'copy.safetensors')],
    'model-duplicate-tensor',
    /copy/,
  ],
  [
    'a config that is no JSON',
    [{ name: 'config.json', source: bytesSource(new TextEncoder().encode('<html>')) }],
    'model-json',
    /<html>/,
  ],
  [
    'an index without a map',
    [config(), jsonFile('model.safetensors.index.json', {})],
    'model-index',
    /weight_map/,
  ],
])('%s is refused by name', async (_, files, code, message) => {
  await expect(checkModel(files)).rejects.toMatchObject({ problem: { code } });
  await expect(checkModel(files)).rejects.toThrow(message);
});

test('loading stops when told to', async () => {
  const model = await checkModel([
    goldenFile('gated', 'config.json'),
    goldenFile('gated', 'model.safetensors'),
  ]);
  const stop = new AbortController();
  let loaded = 0;
  const loading = streamTensors(
    model,
    () => {
      if (++loaded === 3) stop.abort(new Error('enough'));
    },
    { signal: stop.signal },
  );
  await expect(loading).rejects.toThrow('enough');
  expect(loaded).toBe(3);
});
