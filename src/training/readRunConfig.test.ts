import { expect, test } from 'vitest';
import { FLAN_T5_BASE } from '../test/golden/goldenConfig.ts';
import { goldenJson } from '../test/golden/goldenJson.ts';
import { DEFAULT_RUN_CONFIG, PRESETS } from './presets.ts';
import { readRunConfig } from './readRunConfig.ts';
import { fieldValue, RUN_FIELDS } from './runFields.ts';
import { countTrainable } from './trainableCount.ts';

test('an empty object becomes the defaults, and presets are read unchanged', () => {
  expect(readRunConfig({})).toEqual(DEFAULT_RUN_CONFIG);
  for (const { config } of PRESETS) expect(readRunConfig(config)).toEqual(config);
});

test('a stored config survives JSON', () => {
  for (const { config } of PRESETS) expect(readRunConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
});

test('given fields win over defaults, in lora one by one', () => {
  const config = readRunConfig({ learningRate: 0.5, lora: { r: 3 }, unknown: 1 });
  expect(config).toEqual({
    ...DEFAULT_RUN_CONFIG,
    learningRate: 0.5,
    lora: { ...DEFAULT_RUN_CONFIG.lora, r: 3 },
  });
});

test.each([
  [{ learningRate: '1e-3' }, 'learningRate', /Learning rate is "1e-3"/],
  [{ learningRate: NaN }, 'learningRate', /Learning rate/],
  [{ batchSize: 2.5 }, 'batchSize', /Batch size is 2.5.*whole number between 1 and 256/],
  [{ lora: { r: 0 } }, 'lora.r', /Rank r is 0/],
  [{ lora: { targets: [] } }, 'lora.targets', /Target modules is \[\]/],
  [{ lora: { targets: ['q', 'x'] } }, 'lora.targets', /names "x"/],
  [{ lora: { usesDora: 1 } }, 'lora.usesDora', /DoRA is 1/],
  [{ lora: { savedModules: ['shared'] } }, 'lora.savedModules', /names "shared"/],
  [{ ia3: { targets: [] } }, 'ia3.targets', /Target modules is \[\]/],
  [{ prompt: { tokenCount: 0 } }, 'prompt.tokenCount', /Virtual tokens is 0/],
  [{ method: 'prompt-tuning', prompt: { start: 'text', text: ' ' } }, 'prompt.text', /there is none/],
  [{ schedule: 'polynomial' }, 'schedule', /linear, cosine, constant/],
  [{ validationShare: 0.6, testShare: 0.5 }, 'validationShare', /leave no rows/],
  [{ version: 2 }, 'version', /version 2/],
])('%j is refused by the name of its field', (value, column, message) => {
  expect(() => readRunConfig(value)).toThrow(message);
  expect(() => readRunConfig(value)).toThrow(
    expect.objectContaining({ problem: expect.objectContaining({ column }) }),
  );
});

test('what is not an object is refused', () => {
  for (const value of [null, 3, 'x', []]) expect(() => readRunConfig(value)).toThrow(/not an object/);
});

test('every setting has a field, and every default is in its range', () => {
  const paths = Object.entries(DEFAULT_RUN_CONFIG).flatMap(([key, value]) =>
    ['lora', 'ia3', 'prompt', 'adafactor'].includes(key)
      ? Object.keys(value as object).map((name) => `${key}.${name}`)
      : key === 'version'
        ? []
        : [key],
  );
  expect(RUN_FIELDS.map(({ path }) => path).sort()).toEqual(paths.sort());
  for (const field of RUN_FIELDS) {
    expect(fieldValue(DEFAULT_RUN_CONFIG, field.path)).toBeDefined();
    expect(field.help.endsWith('.')).toBe(true);
    const offGrid =
      field.kind === 'number' ? Math.abs(Math.round(field.min / field.step) - field.min / field.step) : 0;
    expect(offGrid).toBeLessThan(1e-9);
  }
});

test('trainable parameters of the DialogSum lab on flan-t5-base', () => {
  const lab = PRESETS.find(({ id }) => id === 'dialogsum')!.config;
  expect(countTrainable(FLAN_T5_BASE, lab)).toBe(3_538_944);
  expect(countTrainable(FLAN_T5_BASE, { ...lab, method: 'full' })).toBe(247_577_856);
});

test('trainable parameters as peft counts them on flan-t5-base', () => {
  const count = (change: object): number => countTrainable(FLAN_T5_BASE, readRunConfig(change));
  const lora = { r: 8, targets: ['q', 'v'] };
  const counts = {
    lora: count({ lora }),
    dora: count({ lora: { ...lora, usesDora: true } }),
    saved: count({ lora: { ...lora, savedModules: ['lm_head', 'embed_tokens', 'final_layer_norm'] } }),
    ia3: count({ method: 'ia3' }),
    prompt: count({ method: 'prompt-tuning' }),
  };
  expect(counts).toEqual(goldenJson('adapters/counts.json'));
});
