import { expect, test } from 'vitest';
import { FLAN_T5_BASE, goldenConfig, T5_SMALL } from '../../test/golden/goldenConfig.ts';
import type { T5Config } from './config.ts';
import { countParameters, linearSpecs, loraModules, loraSpecs, tensorSpecs } from './spec.ts';

test('flan-t5-base has 247,577,856 parameters in 282 tensors', () => {
  expect(countParameters(FLAN_T5_BASE)).toBe(247_577_856);
  expect(tensorSpecs(FLAN_T5_BASE)).toHaveLength(282);
  expect(new Set(tensorSpecs(FLAN_T5_BASE).map(({ name }) => name)).size).toBe(282);
});

test('t5-small (v1.0, tied) has 60,506,624 parameters and no lm_head', () => {
  expect(countParameters(T5_SMALL)).toBe(60_506_624);
  expect(tensorSpecs(T5_SMALL).map(({ name }) => name)).not.toContain('lm_head.weight');
  expect(loraModules(T5_SMALL)).toEqual(['q', 'k', 'v', 'o', 'wi', 'wo']);
});

/** r · (in + out) for every targeted matrix. */
function loraParameters(config: T5Config, r: number, targets: readonly string[]): number {
  return loraSpecs(config, targets).reduce((sum, { inSize, outSize }) => sum + r * (inSize + outSize), 0);
}

test('LoRA r 32 on q and v of flan-t5-base: 72 matrices, 3,538,944 parameters', () => {
  expect(loraSpecs(FLAN_T5_BASE, ['q', 'v'])).toHaveLength(72);
  expect(loraParameters(FLAN_T5_BASE, 32, ['q', 'v'])).toBe(3_538_944);
});

test('one matrix of 512 by 64 with r 8 has 4,608 LoRA parameters', () => {
  const one = goldenConfig({ dModel: 512, dKv: 64, numHeads: 1, numLayers: 1, numDecoderLayers: 0 });
  expect(loraParameters(one, 8, ['q'])).toBe(512 * 8 + 8 * 64);
});

test('every linear layer has a weight in the table, [out, in]', () => {
  const shapes = new Map(tensorSpecs(FLAN_T5_BASE).map(({ name, shape }) => [name, shape]));
  for (const { path, inSize, outSize } of linearSpecs(FLAN_T5_BASE)) {
    expect(shapes.get(`${path}.weight`)).toEqual([outSize, inSize]);
  }
});
