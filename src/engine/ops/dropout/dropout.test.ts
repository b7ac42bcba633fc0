import type * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { evaluate, expectParity, floats } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { dropout } from './dropout.ts';
import { dropoutMask, pcgHash } from './dropoutHash.ts';

const device = await openTestDevice();

test('the hash is the published PCG-RXS-M-XS permutation', () => {
  // Worked out by hand for 0: state 2891336453, shift 10 + 4 = 14.
  const state = 2891336453;
  const word = Number(((BigInt((state >>> 14) ^ state) & 0xffffffffn) * 277803737n) & 0xffffffffn);
  expect(pcgHash(0)).toBe(((word >>> 22) ^ word) >>> 0);
});

test.each([0.1, 0.5])('about a share of %f is dropped and the mean is kept', (rate) => {
  const size = 200_000;
  const mask = dropoutMask(size, rate, 42);
  const dropped = mask.filter((m) => m === 0).length / size;
  // five standard deviations of a binomial share
  expect(Math.abs(dropped - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / size));
  expect(Math.max(...mask.slice(0, 100))).toBeCloseTo(1 / (1 - rate), 6);
});

test('masks repeat for a seed and are unrelated between seeds and neighbours', () => {
  const size = 100_000;
  const first = dropoutMask(size, 0.5, 1);
  expect(dropoutMask(size, 0.5, 1)).toEqual(first);
  const second = dropoutMask(size, 0.5, 2);
  const agreement = first.filter((m, i) => m === second[i]).length / size;
  expect(agreement).toBeGreaterThan(0.49);
  expect(agreement).toBeLessThan(0.51);
  const neighbours = first.filter((m, i) => i > 0 && m === first[i - 1]).length / size;
  expect(neighbours).toBeGreaterThan(0.49);
  expect(neighbours).toBeLessThan(0.51);
});

test('rate 0 is the identity and the gradient uses the same mask', async () => {
  const x = floats([4, 5], 1);
  const same = await evaluate('cpu', (a: tf.Tensor2D) => dropout(a, 0, 3), [x]);
  expect(same.value).toEqual(x.values);
  const { gradients } = await evaluate('cpu', (a: tf.Tensor2D) => dropout(a, 0.4, 3), [x]);
  const mask = dropoutMask(20, 0.4, 3);
  const weights = floats([4, 5], 7).values;
  expect(gradients[0]!).toBeAllClose(
    mask.map((m, i) => m * weights[i]!),
    { atol: 1e-7, rtol: 1e-6 },
  );
  expect(() => dropoutMask(1, 1, 0)).toThrow('[0, 1)');
});

describe.skipIf(device === null)('on WebGPU', () => {
  test.each([
    [[3, 7], 0.1, 1],
    [[64, 65], 0.5, 4294967295],
    [[1], 0.9, 0],
  ])('the kernel makes the same mask for %j at rate %f, seed %i', async (shape, rate, seed) => {
    await expectParity((x: tf.Tensor) => dropout(x, rate, seed), [floats(shape, 1)], { atol: 0, rtol: 1e-6 });
    expect(device!.problem()).toBeUndefined();
  });
});
