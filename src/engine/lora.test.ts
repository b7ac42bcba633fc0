/** A fresh adapter as PEFT starts one. The forward pass with adapters is tested in t5/t5.test.ts. */
import { expect, test } from 'vitest';
import { FLAN_T5_BASE } from '../test/golden/goldenConfig.ts';
import { initAdapter } from './lora.ts';

const options = { r: 4, alpha: 8, dropout: 0, targets: ['q', 'wo'] };
const config = { ...FLAN_T5_BASE, numLayers: 1, numDecoderLayers: 1 };

test('A is uniform in ±1/√in and fills that range, B is zero', () => {
  const { modules } = initAdapter(config, options, 1);
  expect([...modules.keys()]).toEqual([
    'encoder.block.0.layer.0.SelfAttention.q',
    'encoder.block.0.layer.1.DenseReluDense.wo',
    'decoder.block.0.layer.0.SelfAttention.q',
    'decoder.block.0.layer.1.EncDecAttention.q',
    'decoder.block.0.layer.2.DenseReluDense.wo',
  ]);
  for (const { a, b, inSize, outSize, rank } of modules.values()) {
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
  const matrices = (seed: number, module = path) => initAdapter(config, options, seed).modules.get(module)!.a;
  expect(matrices(1)).toEqual(matrices(1));
  expect(matrices(1)).not.toEqual(matrices(2));
  expect(matrices(1)).not.toEqual(matrices(1, 'decoder.block.0.layer.0.SelfAttention.q'));
});
