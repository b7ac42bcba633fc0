import { expect, test } from 'vitest';
import { gpuTable } from './benchGpuTable.mjs';

const report = {
  device: 'a card',
  features: ['shader-f16'],
  choices: { 'NN large': 'shared 8x8', 'NT large': 'direct 8x8' },
  halfChoices: { 'NN large': 'half 8x8' },
  rows: [
    { name: 'matmul 512³', unit: 'GFLOP/s', value: 500, bits: 32 },
    { name: 'lora step', unit: 'ms', value: 30, bits: 32 },
    { name: 'lora step', unit: 'ms', value: 25, bits: 16 },
    { name: 'matmul 512³', unit: 'GFLOP/s', value: 5000, bits: 16 },
  ],
};

test('products are shares of the peak; steps stand beside PyTorch', () => {
  const torch = {
    device: 'a card',
    versions: { torch: '2.5' },
    rows: [
      { name: 'lora step', unit: 'ms', variant: 'eager f32', value: 20 },
      { name: 'lora step', unit: 'ms', variant: 'eager bf16', value: 10 },
    ],
  };
  const lines = gpuTable(report, torch, 2000).split('\n');
  expect(lines[0]).toBe(
    'Graft on a card (shader-f16); PyTorch on a card, torch 2.5. Kernels of products: NN large shared 8x8, NT large direct 8x8. Kernels of products in 16 bits: NN large half 8x8.',
  );
  expect(lines[2]).toContain('PyTorch eager f32 | PyTorch eager bf16');
  expect(lines[4]).toBe('| matmul 512³ | GFLOP/s | 500 | 25.0 % |  |  |  |  |');
  expect(lines[5]).toBe('| lora step | ms | 30.0 |  | 20.0 | 10.0 | 1.50 |  |');
  expect(lines[6]).toBe('| lora step, 16-bit products | ms | 25.0 |  | 20.0 | 10.0 | 1.25 | 2.50 |');
  expect(lines[7]).toBe('| matmul 512³, 16-bit products | GFLOP/s | 5000 |  |  |  |  |  |');
});

test('without PyTorch there are no columns for it', () => {
  expect(gpuTable(report, null, 0).split('\n')[5]).toBe('| lora step | ms | 30.0 |  |  |  |');
});

test('a software adapter, which measures no kernels, names none', () => {
  expect(gpuTable({ ...report, choices: {}, halfChoices: {} }, null, 0).split('\n')[0]).toBe(
    'Graft on a card (shader-f16).',
  );
});
