/** Kernels that multiply in 16 bits or with subgroup matrices, on adapters that have these. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { makePrng } from '../../../lib/prng.ts';
import { compareProduct, productValues } from '../../../test/products.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { hasFeature } from '../../runtime.ts';
import { candidatesFor, halfKernels, type MatmulKernel } from './matmulKernels.ts';

const device = await openTestDevice();

/** Eighths: 16 bits hold them, their products, and sums of four products of them, so that results must be exact. */
const eighths = (shape: number[], seed: number): Float32Array =>
  productValues(shape, seed).map((value) => Math.round(8 * value) / 8);
const exact = { values: eighths, tolerance: { atol: 0, rtol: 0 } };
// Each factor is rounded by up to 2^-11 of itself, and so are sums of four.
const rounded = (depth: number) => ({ tolerance: { atol: 2e-3 * Math.sqrt(depth), rtol: 0 } });

describe.skipIf(device === null)('products in 16 bits and of subgroup matrices', () => {
  beforeAll(() => tf.setBackend('webgpu'));
  const random = makePrng(21);
  const size = (most: number) => 4 * (1 + random.below(most / 4));

  /** The kernels of a family on this device, of both precisions. */
  function kernelsOf(family: 'half' | 'matrix', context: TestContext): MatmulKernel[] {
    const kernels = family === 'half' ? halfKernels : [...candidatesFor(16), ...candidatesFor(32)];
    const found = kernels.filter((kernel) => kernel.family === family);
    if (found.length > 0 && (family === 'matrix' || hasFeature('shader-f16'))) return found;
    return context.skip(
      family === 'half' ? 'the adapter has no shader-f16' : 'the adapter has no subgroup matrices',
    );
  }

  test.for([
    ['half', 'NN'],
    ['half', 'NT'],
    ['half', 'TN'],
    ['matrix', 'NN'],
    ['matrix', 'NT'],
    ['matrix', 'TN'],
  ] as const)('%s, %s: exact on eighths, close on others', async ([family, form], context) => {
    for (const kernel of kernelsOf(family, context)) {
      const isTurned = form === 'TN';
      await compareProduct(form, [size(90), size(80), size(150)], kernel, 'f32', exact);
      const depth = isTurned ? 1 + random.below(40) : size(40);
      await compareProduct(
        form,
        [isTurned ? 4 : 1 + random.below(90), depth, size(40)],
        kernel,
        'f32',
        exact,
      );
      await compareProduct(form, [68, 36, 72], kernel, 'f32', rounded(36));
    }
    expect(device!.problem()).toBeUndefined();
  });

  test.for([
    ['half', 'NN', 'f16', { rank: 4 }],
    ['half', 'NT', 'i8', { rank: 8, relu: true }],
    ['half', 'NT', 'f16', { residual: true }],
    ['half', 'NN', 'i8', {}],
    ['matrix', 'NN', 'f16', { rank: 4, residual: true }],
    ['matrix', 'NT', 'i8', { rank: 8, relu: true }],
    ['matrix', 'NT', 'f16', { rank: 36 }],
    ['matrix', 'NN', 'i8', {}],
  ] as const)('%s, %s, B in %s with %o', async ([family, form, precision, ends], context) => {
    for (const kernel of kernelsOf(family, context)) {
      const check = precision === 'i8' ? rounded(12) : exact;
      await compareProduct(form, [37, 12, 76], kernel, precision, { ...check, ends });
    }
    expect(device!.problem()).toBeUndefined();
  });
});
