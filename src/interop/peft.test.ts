/** PEFT's adapter format: files that peft wrote are read, and ours come back as they were. */
import { expect, test } from 'vitest';
import type { AdapterSnapshot, LoraPlan } from '../engine/adapters/adapterPlan.ts';
import { initAdapter } from '../engine/adapters/initAdapter.ts';
import { planIa3, planLora, planPrompt, type LoraOptions } from '../engine/adapters/planAdapter.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { writeSafetensors, type TensorValues } from '../formats/safetensors.ts';
import { readSafetensorsHeader } from '../formats/safetensorsHeader.ts';
import { FLAN_T5_BASE } from '../test/golden/goldenConfig.ts';
import { goldenJson } from '../test/golden/goldenJson.ts';
import {
  ADAPTER_CASES,
  FLAVOURS,
  goldenAdapterFiles,
  goldenAdapterFolder,
  goldenWeightArrays,
} from '../test/golden/goldenModel.ts';
import type { ModelFile } from './huggingFace.ts';
import { readPeftAdapter, writePeftAdapter } from './peft.ts';
import { readPeftSettings, type LoraFileSettings } from './peftSettings.ts';

const { config } = await goldenWeightArrays('gated');
const options = { r: 2, alpha: 8, dropout: 0.05, targets: ['v', 'q'] };
const freshLora = (model: T5Config, settings: LoraOptions) => {
  const plan = planLora(model, settings);
  return { ...initAdapter(plan, 5), plan };
};
const sample = freshLora(config, options);
const PREFIX = 'base_model.model.';

function filesOf(snapshot: AdapterSnapshot, model = config): ModelFile[] {
  const base = { baseModelName: 'google/flan-t5-base', config: model };
  const files = writePeftAdapter(snapshot, { ...base, name: 'test' });
  return [...files].map(([name, bytes]) => ({ name, source: bytesSource(bytes) }));
}

test('the model card says what was tried on the device, where anything was', () => {
  const cardOf = (checks?: readonly string[]): string => {
    const facts = { baseModelName: 'm', name: 'n', config, ...(checks === undefined ? {} : { checks }) };
    return new TextDecoder().decode(writePeftAdapter(sample, facts).get('README.md'));
  };
  expect(cardOf(['All sound.', 'All 6 claims hold.'])).toContain(
    '### Tried on the device\n\n- All sound.\n- All 6 claims hold.\n\n### Framework versions',
  );
  expect(cardOf()).not.toContain('Tried');
});

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
  const files = goldenAdapterFiles(`${flavour}/adapter`);
  const { snapshot, report } = await readPeftAdapter(files, model.config);
  const header = await readSafetensorsHeader(files[1]!.source, 'adapter_model.safetensors');
  expect(report).toMatchObject({ missing: [], unexpected: [], baseModelName: `tiny-${flavour}` });
  expect([...report.matched].sort()).toEqual([...header.entries.keys()].sort());
  expect(snapshot.plan).toMatchObject({ r: 2, alpha: 6, dropout: 0, isRankStabilised: false });
});

test('what is written is read back bit by bit', async () => {
  const { snapshot, report } = await readPeftAdapter(filesOf(sample), config);
  expect(snapshot.tensors).toEqual(sample.tensors);
  expect(snapshot.plan).toMatchObject({ r: 2, alpha: 8, dropout: 0.05, isRankStabilised: false });
  expect(snapshot.plan).toMatchObject({ targets: ['q', 'v'], modules: sample.plan.modules });
  expect(report).toMatchObject({ missing: [], unexpected: [], baseModelName: 'google/flan-t5-base' });
});

test('flan-t5-base with q and v: 72 A and 72 B under PEFT’s names', async () => {
  const files = filesOf(freshLora(FLAN_T5_BASE, { ...options, r: 1 }), FLAN_T5_BASE);
  const header = await readSafetensorsHeader(files[1]!.source, files[1]!.name);
  const names = [...header.entries.keys()];
  expect(names.filter((name) => name.endsWith('.lora_A.weight'))).toHaveLength(72);
  expect(names.filter((name) => name.endsWith('.lora_B.weight'))).toHaveLength(72);
  expect(names).toContain('base_model.model.decoder.block.11.layer.1.EncDecAttention.q.lora_A.weight');
  expect(header.metadata).toEqual({ format: 'pt' });
});

test('adapter_config.json has the fields of PEFT 0.10, sorted, with the values of a peft-written file', () => {
  const files = writePeftAdapter(sample, { baseModelName: 'tiny-gated', name: 'test', config });
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
  const [path, first] = [...sample.plan.modules][0]!;
  const larger = { ...first, rank: 3, alpha: 12 };
  const modules = new Map([...sample.plan.modules, [path, larger]]);
  const plan: LoraPlan = { ...sample.plan, isRankStabilised: true, modules };
  const { snapshot } = await readPeftAdapter(filesOf(initAdapter(plan, 1)), config);
  expect(snapshot.plan).toEqual({ ...plan, targets: ['q', 'v'] });
});

test('rank_pattern is a regular expression for the end of a path', () => {
  const text = JSON.stringify({
    ...peftSettings(),
    rank_pattern: { 'block.0.*.q': 4 },
    alpha_pattern: { q: 5 },
  });
  const settings = readPeftSettings(text, 'adapter_config.json') as LoraFileSettings;
  expect(settings.rankOf('encoder.block.0.layer.0.SelfAttention.q')).toBe(4);
  expect(settings.rankOf('encoder.block.1.layer.0.SelfAttention.q')).toBe(2);
  expect(settings.alphaOf('encoder.block.1.layer.0.SelfAttention.q')).toBe(5);
  expect(settings.alphaOf('encoder.block.1.layer.0.SelfAttention.v')).toBe(6);
});

const goldenCases = FLAVOURS.flatMap((flavour) => ADAPTER_CASES.map((name) => [flavour, name] as const));

test.each(goldenCases)(
  '%s %s: peft’s file is read whole, written again and the same',
  async (flavour, name) => {
    const model = (await goldenWeightArrays(flavour)).config;
    const files = goldenAdapterFiles(goldenAdapterFolder(flavour, name));
    const header = await readSafetensorsHeader(files[1]!.source, files[1]!.name);
    const { snapshot, report } = await readPeftAdapter(files, model);
    expect(report).toMatchObject({ missing: [], unexpected: [], ignoredSettings: [] });
    expect([...report.matched].sort()).toEqual([...header.entries.keys()].sort());

    const written = filesOf(snapshot, model);
    const rewritten = await readSafetensorsHeader(written[1]!.source, written[1]!.name);
    const shapes = ({ entries }: typeof header) =>
      Object.fromEntries([...entries.values()].map(({ name: key, shape }) => [key, shape]));
    expect(shapes(rewritten)).toEqual(shapes(header));
    const again = await readPeftAdapter(written, model);
    expect(again.snapshot).toEqual(snapshot);
    expect(again.report).toMatchObject({ missing: [], unexpected: [] });
  },
);

test('fields of PEFT 0.10 only, for every method', () => {
  const plans = [planIa3(config, { targets: ['k', 'v', 'wo'] }), planPrompt(config, 4, null)];
  const fieldsOf = plans.map((plan) => {
    const text = new TextDecoder().decode(
      writePeftAdapter(initAdapter(plan, 1), { baseModelName: 'm', name: 'n', config }).get(
        'adapter_config.json',
      ),
    );
    return JSON.parse(text) as Record<string, unknown>;
  });
  const common = 'auto_mapping base_model_name_or_path inference_mode peft_type revision task_type'.split(
    ' ',
  );
  const ia3 = 'fan_in_fan_out feedforward_modules init_ia3_weights modules_to_save target_modules'.split(' ');
  const prompt = [
    'num_attention_heads num_layers num_transformer_submodules num_virtual_tokens prompt_tuning_init',
    'prompt_tuning_init_text token_dim tokenizer_name_or_path',
  ]
    .join(' ')
    .split(' ');
  expect(fieldsOf.map((fields) => Object.keys(fields))).toEqual([
    [...common, ...ia3].sort(),
    [...common, ...prompt].sort(),
  ]);
  expect(fieldsOf[0]).toMatchObject({ target_modules: ['k', 'v', 'wo'], feedforward_modules: ['wo'] });
  expect(fieldsOf[1]).toMatchObject({ num_virtual_tokens: 4, num_transformer_submodules: 1, token_dim: 16 });
});

test('only the layers of layers_to_transform are asked for, and whole paths say so again', async () => {
  const files = goldenAdapterFiles(goldenAdapterFolder('gated', 'layers'));
  const { snapshot } = await readPeftAdapter(files, config);
  const { targets, modules } = snapshot.plan as LoraPlan;
  expect([...modules.keys()].every((path) => path.includes('.block.1.'))).toBe(true);
  expect(targets).toEqual([...modules.keys()]);
});

test('missing and unexpected tensors and unknown settings are reported', async () => {
  const [lost] = sample.plan.modules.keys();
  const kept = [...sample.tensors].filter(([name]) => !name.startsWith(`${lost}.`));
  const keyed = kept.map(([name, values]) => [`${PREFIX}${name}`, values] as const);
  const stray = `${PREFIX}encoder.block.9.layer.0.SelfAttention.q.lora_A.weight`;
  const untargeted = `${PREFIX}encoder.block.0.layer.0.SelfAttention.o.lora_A.weight`;
  const one = { shape: [1], values: Float32Array.of(1) };
  const weights = writeSafetensors(
    new Map<string, TensorValues>([
      ...keyed,
      [stray, one],
      [untargeted, one],
      [`${PREFIX}shared.weight`, one],
    ]),
  );
  const own = { ...peftSettings(), r: 2, target_modules: ['q', 'v'], modules_to_save: ['lm_head', 'shared'] };
  const settings = { ...own, use_new_thing: 'much', nothing_new: null };
  const files = filesOf(sample).map((file) =>
    file.name === 'adapter_model.safetensors' ? { ...file, source: bytesSource(weights) } : file,
  );
  const { snapshot, report } = await readPeftAdapter(withSettings(files, settings), config);
  expect(report.missing).toEqual([
    `${PREFIX}${lost}.lora_A.weight`,
    `${PREFIX}${lost}.lora_B.weight`,
    `${PREFIX}lm_head.weight`,
  ]);
  expect(report.unexpected).toEqual([untargeted, stray, `${PREFIX}shared.weight`].toSorted());
  expect(report.ignoredSettings).toEqual(['use_new_thing']);
  expect((snapshot.plan as LoraPlan).modules.size).toBe(sample.plan.modules.size - 1);
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
  [{ peft_type: 'LOHA' }, 'adapter-type', /"LOHA"; Graft reads LORA, IA3, PROMPT_TUNING/],
  [{ use_qalora: true }, 'adapter-unsupported', /use_qalora = true/],
  [{ trainable_token_indices: [3] }, 'adapter-unsupported', /trainable_token_indices = \[3\]/],
  [{ bias: 'all' }, 'adapter-unsupported', /bias = "all"/],
  [{ fine_tune_type: 'lora', lora_parameters: { rank: 8 } }, 'adapter-mlx', /MLX/],
  [{ r: 'many' }, 'adapter-config', /"r" is "many"/],
])('%j is refused', async (changes, code, message) => {
  const reading = readPeftAdapter(withSettings(goldenAdapterFiles('gated/adapter'), changes), config);
  await expect(reading).rejects.toMatchObject({ problem: { code } });
  await expect(reading).rejects.toThrow(message);
});

test('files that are missing are named', async () => {
  const files = goldenAdapterFiles('gated/adapter');
  await expect(readPeftAdapter(files.slice(1), config)).rejects.toThrow(/no adapter_config.json/);
  await expect(readPeftAdapter(files.slice(0, 1), config)).rejects.toThrow(/no adapter_model.safetensors/);
});
