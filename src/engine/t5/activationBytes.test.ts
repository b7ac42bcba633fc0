import { expect, test } from 'vitest';
import { FLAN_T5_BASE, goldenConfig } from '../../test/golden/goldenConfig.ts';
import { activationBytes } from './activationBytes.ts';

const small = goldenConfig({
  dModel: 128,
  dKv: 32,
  dFf: 256,
  numHeads: 4,
  numLayers: 4,
  numDecoderLayers: 4,
  vocabSize: 512,
  tieWordEmbeddings: true,
});

test.each([
  // Growth of tfjs's buffer pool over two LoRA steps (q, v, r 16, dropout 0.1) on WebGPU, in MB.
  [{ size: 4, inputLength: 128, labelLength: 32 }, 82],
  [{ size: 4, inputLength: 256, labelLength: 32 }, 161],
])('%j is within a quarter of the %i MB measured', (shape, measuredMb) => {
  const ratio = activationBytes(small, shape) / (measuredMb * 1e6);
  expect(ratio).toBeGreaterThan(0.8);
  expect(ratio).toBeLessThan(1.25);
});

test('grows in proportion to the batch, faster than the input', () => {
  const bytes = (size: number, inputLength: number) =>
    activationBytes(FLAN_T5_BASE, { size, inputLength, labelLength: 64 });
  expect(bytes(8, 256)).toBe(8 * bytes(1, 256));
  expect(bytes(8, 512) / bytes(8, 256)).toBeGreaterThan(1.9);
});
