/** A fresh adapter as PEFT starts one. The forward pass with adapters is tested in adapters.test.ts. */
import { expect, test } from 'vitest';
import { FLAN_T5_BASE } from '../../test/golden/goldenConfig.ts';
import { initAdapter } from './initAdapter.ts';
import { planIa3, planLora, planPrompt } from './planAdapter.ts';

const options = { r: 4, alpha: 8, dropout: 0, targets: ['q', 'wo'] };
const config = { ...FLAN_T5_BASE, numLayers: 1, numDecoderLayers: 1 };

test('A is uniform in ±1/√in and fills that range, B is zero', () => {
  const plan = planLora(config, options);
  const { tensors } = initAdapter(plan, 1);
  expect([...plan.modules.keys()]).toEqual([
    'encoder.block.0.layer.0.SelfAttention.q',
    'encoder.block.0.layer.1.DenseReluDense.wo',
    'decoder.block.0.layer.0.SelfAttention.q',
    'decoder.block.0.layer.1.EncDecAttention.q',
    'decoder.block.0.layer.2.DenseReluDense.wo',
  ]);
  for (const [path, { inSize, outSize, rank }] of plan.modules) {
    const { values: a } = tensors.get(`${path}.lora_A.weight`)!;
    const { values: b } = tensors.get(`${path}.lora_B.weight`)!;
    expect(a).toHaveLength(rank * inSize);
    expect(b).toHaveLength(outSize * rank);
    const bound = 1 / Math.sqrt(inSize);
    expect(Math.max(...a)).toBeLessThanOrEqual(Math.fround(bound));
    expect(Math.max(...a)).toBeGreaterThan(0.99 * bound);
    expect(Math.min(...a)).toBeLessThan(-0.99 * bound);
    const variance = a.reduce((sum, value) => sum + value * value, 0) / a.length;
    expect(variance / (bound * bound)).toBeCloseTo(1 / 3, 1);
    expect(b.every((value) => value === 0)).toBe(true);
  }
});

test('the same seed gives the same adapter, another seed another, and no two modules are alike', () => {
  const path = 'encoder.block.0.layer.0.SelfAttention.q';
  const matrices = (seed: number, module = path) =>
    initAdapter(planLora(config, options), seed).tensors.get(`${module}.lora_A.weight`)!.values;
  expect(matrices(1)).toEqual(matrices(1));
  expect(matrices(1)).not.toEqual(matrices(2));
  expect(matrices(1)).not.toEqual(matrices(1, 'decoder.block.0.layer.0.SelfAttention.q'));
});

test('IA³ starts from ones, a prompt from normal numbers', () => {
  const { tensors } = initAdapter(planIa3(config, { targets: ['k', 'wo'] }), 1);
  expect(
    [...tensors].map(([name, { shape }]) => `${name.split('.').slice(-2).join('.')} ${shape.join('×')}`),
  ).toEqual(['k.ia3_l 768×1', 'wo.ia3_l 1×2048', 'k.ia3_l 768×1', 'k.ia3_l 768×1', 'wo.ia3_l 1×2048']);
  expect([...tensors.values()].every(({ values }) => values.every((value) => value === 1))).toBe(true);

  const prompt = initAdapter(planPrompt(config, 20, null), 1).tensors.get('prompt_embeddings')!;
  expect(prompt.shape).toEqual([20, 768]);
  const variance = prompt.values.reduce((sum, value) => sum + value * value, 0) / prompt.values.length;
  expect(variance).toBeCloseTo(1, 1);
});

test('what starts from the model has no values of its own', () => {
  const dora = planLora(config, { ...options, usesDora: true, savedModules: ['final_layer_norm'] });
  const names = [...initAdapter(dora, 1).tensors.keys()];
  expect(names.some((name) => name.endsWith('magnitude_vector') || name.includes('norm'))).toBe(false);
  expect(planPrompt(config, 5, [7, 8, 1]).initTokenIds).toEqual([7, 8, 1, 7, 8]);
  expect(initAdapter(planPrompt(config, 5, [7, 8, 1]), 1).tensors.size).toBe(0);
});
