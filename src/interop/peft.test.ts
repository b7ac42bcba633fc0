/** PEFT's adapter format: files that peft wrote are read, and ours come back as they were. */
import { expect, test } from 'vitest';
import type { AdapterSnapshot } from '../engine/adapterSnapshot.ts';
import { initAdapter } from '../engine/lora.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { writeSafetensors, type TensorValues } from '../formats/safetensors.ts';
import { readSafetensorsHeader } from '../formats/safetensorsHeader.ts';
import { FLAN_T5_BASE } from '../test/golden/goldenConfig.ts';
import { goldenJson } from '../test/golden/goldenJson.ts';
import { FLAVOURS, goldenAdapterFiles, goldenWeightArrays } from '../test/golden/goldenModel.ts';
import type { ModelFile } from './huggingFace.ts';
import { readPeftAdapter, writePeftAdapter } from './peft.ts';
import { readLoraSettings } from './peftConfig.ts';

const { config } = await goldenWeightArrays('gated');
const options = { r: 2, alpha: 8, dropout: 0.05, targets: ['v', 'q'] };
const sample = initAdapter(config, options, 5);
const PREFIX = 'base_model.model.';

function filesOf(snapshot: AdapterSnapshot): ModelFile[] {
  const files = writePeftAdapter(snapshot, { baseModelName: 'google/flan-t5-base', name: 'test' });
  return [...files].map(([name, bytes]) => ({ name, source: bytesSource(bytes) }));
}

function withSettings(files: readonly ModelFile[], changes: object): ModelFile[] {
  return files.map((file) =>
    file.name === 'adapter_config.json'
      ? {
          ...file,
          source: bytesSource(new TextEncoder().encode(JSON.stringify({ ...peftSettings(), ...changes }))),
        }
      : file,
  );
}

const peftSettings = () => goldenJson('gated/adapter/adapter_config.json') as Record<string, unknown>;

test.each(FLAVOURS)('%s: an adapter that peft wrote is read whole', async (flavour) => {
  const model = await goldenWeightArrays(flavour);
  const files = goldenAdapterFiles(flavour);
  const { snapshot, report } = await readPeftAdapter(files, model.config);
  const header = await readSafetensorsHeader(files[1]!.source, 'adapter_model.safetensors');
  expect(report).toMatchObject({ missing: [], unexpected: [], baseModelName: `tiny-${flavour}` });
  expect([...report.matched].sort()).toEqual([...header.entries.keys()].sort());
  expect(snapshot).toMatchObject({ r: 2, alpha: 6, dropout: 0, isRankStabilised: false });
});

test('what is written is read back bit by bit', async () => {
  const { snapshot, report } = await readPeftAdapter(filesOf(sample), config);
  expect(snapshot.modules).toEqual(sample.modules);
  expect(snapshot).toMatchObject({ r: 2, alpha: 8, dropout: 0.05, isRankStabilised: false });
  expect([...snapshot.targets].sort()).toEqual(['q', 'v']);
  expect(report).toMatchObject({ missing: [], unexpected: [], baseModelName: 'google/flan-t5-base' });
});

test('flan-t5-base with q and v: 72 A and 72 B under PEFT’s names', async () => {
  const adapter = initAdapter(FLAN_T5_BASE, { ...options, r: 1 }, 1);
  const files = filesOf(adapter);
  const header = await readSafetensorsHeader(files[1]!.source, files[1]!.name);
  const names = [...header.entries.keys()];
  expect(names.filter((name) => name.endsWith('.lora_A.weight'))).toHaveLength(72);
  expect(names.filter((name) => name.endsWith('.lora_B.weight'))).toHaveLength(72);
  expect(names).toContain('base_model.model.decoder.block.11.layer.1.EncDecAttention.q.lora_A.weight');
  expect(header.metadata).toEqual({ format: 'pt' });
});

test('adapter_config.json has the fields of PEFT 0.10, sorted, with the values of a peft-written file', () => {
  const files = writePeftAdapter(sample, { baseModelName: 'tiny-gated', name: 'test' });
  const text = new TextDecoder().decode(files.get('adapter_config.json'));
  const written = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(written)).toEqual(Object.keys(written).toSorted());
  expect(text).toContain('\n  "alpha_pattern": {},');
  const own = { lora_alpha: 8, lora_dropout: 0.05, target_modules: ['v', 'q'] };
  const { alpha_pattern, ...rest } = { ...peftSettings(), ...own } as Record<string, unknown>;
  expect({ ...rest, alpha_pattern }).toMatchObject(written);
  expect(written).toMatchObject({ lora_alpha: 8, r: 2, target_modules: ['v', 'q'], inference_mode: true });
  expect(new TextDecoder().decode(files.get('README.md'))).toMatch(
    /^---\nbase_model: "tiny-gated"\nlibrary_name: peft/,
  );
});

test('modules of other rank and alpha go into the patterns and come back', async () => {
  const [path, first] = [...sample.modules][0]!;
  const larger = {
    ...first,
    rank: 3,
    alpha: 12,
    a: new Float32Array(3 * first.inSize),
    b: new Float32Array(3 * first.outSize),
  };
  const mixed = { ...sample, isRankStabilised: true, modules: new Map([...sample.modules, [path, larger]]) };
  const { snapshot } = await readPeftAdapter(filesOf(mixed), config);
  expect(snapshot.modules.get(path)).toEqual(larger);
  expect(snapshot.isRankStabilised).toBe(true);
});

test('rank_pattern is a regular expression for the end of a path', () => {
  const text = JSON.stringify({
    ...peftSettings(),
    rank_pattern: { 'block.0.*.q': 4 },
    alpha_pattern: { q: 5 },
  });
  const settings = readLoraSettings(text, 'adapter_config.json');
  expect(settings.rankOf('encoder.block.0.layer.0.SelfAttention.q')).toBe(4);
  expect(settings.rankOf('encoder.block.1.layer.0.SelfAttention.q')).toBe(2);
  expect(settings.alphaOf('encoder.block.1.layer.0.SelfAttention.q')).toBe(5);
  expect(settings.alphaOf('encoder.block.1.layer.0.SelfAttention.v')).toBe(6);
});

test('missing and unexpected tensors are reported', async () => {
  const tensors = new Map(
    [...sample.modules]
      .slice(1)
      .flatMap(([path, { rank, inSize, outSize, a, b }]) => [
        [`${PREFIX}${path}.lora_A.weight`, { shape: [rank, inSize], values: a }] as const,
        [`${PREFIX}${path}.lora_B.weight`, { shape: [outSize, rank], values: b }] as const,
      ]),
  );
  const stray = `${PREFIX}encoder.block.9.layer.0.SelfAttention.q.lora_A.weight`;
  const weights = writeSafetensors(
    new Map<string, TensorValues>([...tensors, [stray, { shape: [1], values: Float32Array.of(1) }]]),
  );
  const files = filesOf(sample).map((file) =>
    file.name === 'adapter_model.safetensors' ? { ...file, source: bytesSource(weights) } : file,
  );
  const { snapshot, report } = await readPeftAdapter(files, config);
  const [lost] = sample.modules.keys();
  expect(report.missing).toEqual([`${PREFIX}${lost}.lora_A.weight`, `${PREFIX}${lost}.lora_B.weight`]);
  expect(report.unexpected).toEqual([stray]);
  expect(snapshot.modules.size).toBe(sample.modules.size - 1);
});

test('an adapter for another model is refused with the first mismatch', async () => {
  const reading = readPeftAdapter(filesOf(sample), { ...config, dModel: 32 });
  await expect(reading).rejects.toThrow(
    /SelfAttention.q.lora_A.weight" is \[2, 16\].*need \[2, 32\].*google\/flan-t5-base/,
  );
  await expect(reading).rejects.toMatchObject({
    problem: { code: 'adapter-other-model', file: 'adapter_model.safetensors' },
  });

  const llama = writeSafetensors(
    new Map([
      [`${PREFIX}model.layers.0.self_attn.q_proj.lora_A.weight`, { shape: [1], values: Float32Array.of(1) }],
    ]),
  );
  const files = filesOf(sample).map((file) =>
    file.name === 'adapter_model.safetensors' ? { ...file, source: bytesSource(llama) } : file,
  );
  await expect(readPeftAdapter(files, config)).rejects.toThrow(
    /No tensor.*has "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" and lacks "base_model.model.encoder.block.0/,
  );
});

test.each([
  [{ peft_type: 'IA3' }, 'adapter-type', /"IA3"/],
  [{ use_dora: true }, 'adapter-unsupported', /use_dora = true/],
  [{ modules_to_save: ['lm_head'] }, 'adapter-unsupported', /modules_to_save = \["lm_head"\]/],
  [{ bias: 'all' }, 'adapter-unsupported', /bias = "all"/],
  [{ fine_tune_type: 'lora', lora_parameters: { rank: 8 } }, 'adapter-mlx', /MLX/],
  [{ r: 'many' }, 'adapter-config', /"r" is "many"/],
])('%j is refused', async (changes, code, message) => {
  const reading = readPeftAdapter(withSettings(goldenAdapterFiles('gated'), changes), config);
  await expect(reading).rejects.toMatchObject({ problem: { code } });
  await expect(reading).rejects.toThrow(message);
});

test('files that are missing are named', async () => {
  const files = goldenAdapterFiles('gated');
  await expect(readPeftAdapter(files.slice(1), config)).rejects.toThrow(/no adapter_config.json/);
  await expect(readPeftAdapter(files.slice(0, 1), config)).rejects.toThrow(/no adapter_model.safetensors/);
});
