import { describe, expect, test } from 'vitest';
import { evaluate, differences, expectParity, floats } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { geluGate, relu } from './geluGate.ts';

const device = await openTestDevice();

test('gelu_new is the tanh approximation', async () => {
  const gate = [-3, -0.5, 0, 1, 2];
  const { value } = await evaluate('cpu', geluGate, [
    { shape: [1, 5], values: Float32Array.from(gate) },
    { shape: [1, 5], values: Float32Array.of(1, 1, 1, 1, 2) },
  ]);
  const gelu = (x: number): number =>
    0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  expect(value).toBeAllClose([...gate.slice(0, 4).map(gelu), 2 * gelu(2)], { atol: 1e-7, rtol: 1e-6 });
});

test.each([0, 1])('the gradient of input %i is central differences', async (which) => {
  const inputs = [floats([3, 8], 1, 3), floats([3, 8], 2)];
  const { claimed, measured } = await differences(geluGate, inputs, which);
  expect(claimed).toBeAllClose(measured, { atol: 2e-3, rtol: 2e-3 });
});

describe.skipIf(device === null)('on WebGPU', () => {
  test.each([
    [5, 16],
    [1, 1],
    [3, 7],
    [70, 4],
  ])('kernel = reference for [%i,%i]', async (rows, width) => {
    const inputs = [floats([rows, width], 1, 4), floats([rows, width], 2)];
    await expectParity(geluGate, inputs, { atol: 2e-6, rtol: 1e-5 });
    expect(device!.problem()).toBeUndefined();
  });

  test('large gates do not overflow', async () => {
    const inputs = [
      { shape: [1, 4], values: Float32Array.of(-1e4, -40, 40, 1e4) },
      { shape: [1, 4], values: Float32Array.of(1, 1, 1, 1) },
    ];
    const { value, gradients } = await evaluate('webgpu', geluGate, inputs);
    expect(value).toBeAllClose([0, 0, 40, 1e4], { atol: 1e-6, rtol: 1e-6 });
    expect(gradients.flatMap((gradient) => [...gradient]).every(Number.isFinite)).toBe(true);
  });

  test('relu = reference', async () => {
    await expectParity(relu, [floats([3, 5], 1)], { atol: 0, rtol: 0 });
    expect(device!.problem()).toBeUndefined();
  });
});
