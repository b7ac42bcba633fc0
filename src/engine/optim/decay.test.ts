import { expect, test } from 'vitest';
import { hasWeightDecay } from './decay.ts';

test('decay is for matrices, not for norms and position biases', () => {
  expect(hasWeightDecay('shared.weight')).toBe(true);
  expect(hasWeightDecay('encoder.block.0.layer.0.SelfAttention.q.weight')).toBe(true);
  expect(hasWeightDecay('encoder.block.0.layer.0.SelfAttention.q.lora_A.weight')).toBe(true);
  expect(hasWeightDecay('encoder.block.0.layer.0.layer_norm.weight')).toBe(false);
  expect(hasWeightDecay('decoder.final_layer_norm.weight')).toBe(false);
  expect(hasWeightDecay('decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight')).toBe(false);
});
