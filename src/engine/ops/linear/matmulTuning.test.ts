import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { className, classNames, matmulChoices, productClass } from './matmulChoice.ts';
import { candidateKernels } from './matmulKernels.ts';
import {
  forgetTuning,
  measuredProducts,
  measureProduct,
  tuneMatmul,
  type MeasuredProduct,
} from './matmulTuning.ts';
import type * as SharedMatmul from './sharedMatmul.wgsl.ts';

test('one product of each class is measured', () => {
  const measured = measuredProducts.map(([form, rows, , columns]) =>
    className(productClass(form, rows, columns, 1)),
  );
  expect(measured.toSorted()).toEqual(classNames.toSorted());
});

const device = await openTestDevice();

// A driver that computes A·Bᵀ wrongly, and Aᵀ·B not at all, in one family of kernels, of which it takes one not at all.
vi.mock('./sharedMatmul.wgsl.ts', async (original) => {
  const real = await original<typeof SharedMatmul>();
  return {
    ...real,
    sharedCode: (...[kind, tile]: Parameters<typeof real.sharedCode>) => {
      const code = real.sharedCode(kind, tile);
      if (kind.form === 'NN' && tile[0] * tile[1] === 64) return `${code} no WGSL`;
      if (kind.form === 'TN') return code.replace('  let batch', '  if (u.M > 0u) { return; }\n  let batch');
      return kind.form === 'NT' ? code.replace('return scaled;', 'return scaled * 2.0;') : code;
    },
  };
});

const products: readonly MeasuredProduct[] = [
  ['NN', 16, 16, 16],
  ['NT', 16, 16, 16],
  ['TN', 16, 16, 16],
];
const sound = '{"NN low":"shared 4x4","NT low":"direct 4x8","TN low":"direct 4x4"}';

describe.skipIf(device === null)('the choice of kernels', () => {
  afterEach(() => forgetTuning());

  test('measuring times every kernel and leaves no tensor', async () => {
    const before = tf.memory().numTensors;
    const kernels = candidateKernels.slice(0, 2);
    const times = await measureProduct('NT', 16, 16, 16, kernels);
    expect(times.map(({ kernel }) => kernel)).toEqual(kernels);
    for (const { medianMs } of times) expect(medianMs).toBeGreaterThan(0);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('measures an adapter once and then knows; kernels that compute something else are left out', async () => {
    const first = await tuneMatmul('an adapter', undefined, { products });
    const measured = (name: string): string[] =>
      first.times.filter(({ product }) => product === name).map(({ kernel }) => kernel);
    expect(measured('NN low')).toHaveLength(candidateKernels.length - 1);
    expect(measured('NN low')).not.toContain('shared 8x8');
    expect((await measureProduct('NN', 32, 16, 32, candidateKernels)).map(({ kernel }) => kernel)).toEqual(
      candidateKernels.slice(0, -1),
    );
    expect(device!.problem()).toBeUndefined();
    expect(measured('NT low')).toEqual(['direct 8x8', 'direct 4x8', 'direct 4x4']);
    expect(measured('TN low')).toEqual(measured('NT low'));
    expect(JSON.parse(first.kept)).toEqual(matmulChoices());
    expect(await tuneMatmul('an adapter', undefined, { products })).toEqual({ kept: first.kept, times: [] });
  });

  test('takes kept choices without measuring, and leaves no tensor', async () => {
    const before = tf.memory().numTensors;
    expect(await tuneMatmul('an adapter', sound, { products })).toEqual({ kept: sound, times: [] });
    expect(matmulChoices()).toEqual(JSON.parse(sound));
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([
    ['damaged', '{'],
    ['of other classes', '{"TN large":"direct 8x8"}'],
    ['of a kernel that computes something else now', sound.replace('direct 4x8', 'shared 8x8')],
    ['of a kernel that computes nothing now', sound.replace('direct 4x4', 'shared 8x8')],
  ])('measures again where kept choices are %s', async (_, kept) => {
    const tuning = await tuneMatmul('an adapter', kept, { products });
    expect(tuning.times).not.toEqual([]);
    expect(JSON.parse(tuning.kept)['NT low']).toMatch(/^direct/u);
  });
});
