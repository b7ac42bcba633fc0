import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { makePrng } from '../../../lib/prng.ts';
import {
  compareProduct as compare,
  productInDoubles as product,
  productValues as values,
} from '../../../test/products.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { allocate, hasFeature, readFresh, setReductionStyle } from '../../runtime.ts';
import { runMatmul } from './matmul.ts';
import { chooseKernel, matmulChoices, setMatmulChoices, type ProductSizes } from './matmulChoice.ts';
import { candidateKernels, lowQuadKernel, quadKernel, quadKernels, wideQuadKernel } from './matmulKernels.ts';

const device = await openTestDevice();

function skipWithoutSubgroups(context: TestContext): void {
  if (hasFeature('subgroups')) return;
  console.warn('Kernels with subgroups are not tested: the adapter has no subgroups.');
  context.skip();
}

describe.skipIf(device === null)('matmul kernels on WebGPU', () => {
  beforeAll(() => tf.setBackend('webgpu'));
  afterEach(() => {
    setReductionStyle('invocation');
    setMatmulChoices(new Map());
  });
  const random = makePrng(20);
  const size = (most: number) => 4 * (1 + random.below(most / 4));

  test.each(['NN', 'NT', 'TN'] as const)(
    'direct kernels, %s, at random sizes = double precision',
    async (form) => {
      for (const kernel of candidateKernels.filter(({ family }) => family === 'direct')) {
        await compare(form, [size(80), size(60), size(150)], kernel);
        const depth = form === 'TN' ? 1 + random.below(40) : size(40);
        await compare(form, [form === 'TN' ? 4 : 1 + random.below(90), depth, size(40)], kernel);
      }
      expect(device!.problem()).toBeUndefined();
    },
  );

  test.for(['NN', 'NT', 'TN'] as const)(
    'the kernel with quads, %s, at random sizes = double precision',
    async (form, context) => {
      skipWithoutSubgroups(context);
      for (let i = 0; i < 3; i++) await compare(form, [size(150), size(60), size(150)], quadKernel);
      const isTurned = form === 'TN';
      const depth = isTurned ? 1 + random.below(40) : size(40);
      await compare(form, [isTurned ? 4 : 1 + random.below(90), depth, size(40)], quadKernel);
      await compare(form, [isTurned ? 132 : 131, 8, 4], quadKernel);
      for (const rest of isTurned ? [1, 2, 3, 5, 6, 7] : []) await compare(form, [36, rest, 8], quadKernel);
      for (const kernel of [wideQuadKernel, lowQuadKernel]) {
        for (const columns of [4, 64, 140]) await compare(form, [size(150), size(60), columns], kernel);
        for (const rest of [1, 3, 6]) await compare(form, [36, isTurned ? rest : 4 * rest, 8], kernel);
      }
      expect(device!.problem()).toBeUndefined();
    },
  );

  test.for([
    ['NN', 'f16', { rank: 4 }],
    ['NT', 'f16', { factor: 0.3, rank: 8, relu: true }],
    ['NN', 'i8', { rank: 4, residual: true }],
    ['NT', 'i8', { residual: true }],
    ['NN', 'f32', { factor: -2 }],
  ] as const)('the kernel with quads, %s, B in %s with %o', async ([form, precision, ends], context) => {
    skipWithoutSubgroups(context);
    for (const kernel of quadKernels) {
      await compare(form, [37, 12, 76], kernel, precision, { ends });
    }
    expect(device!.problem()).toBeUndefined();
  });

  // Barriers are emulated very slowly here: one or two blocks each.
  test.each([
    ['NN', [4, 4], [70, 20, 12]],
    ['NT', [4, 4], [9, 20, 76]],
    ['TN', [4, 4], [12, 19, 68]],
    ['NN', [8, 4], [20, 4, 8]],
    ['NT', [4, 8], [9, 4, 136]],
    ['TN', [8, 8], [132, 5, 8]],
  ] as const)('shared kernels: %s with tile %o at %o = double precision', async (form, tile, sizes) => {
    await compare(form, sizes, { family: 'shared', tile });
    expect(device!.problem()).toBeUndefined();
  });

  test.each([
    ['direct', 'NN', 'f16', {}],
    ['direct', 'NT', 'f16', { rank: 8, relu: true }],
    ['direct', 'NN', 'i8', { rank: 4, residual: true }],
    ['direct', 'NT', 'i8', { factor: 0.3 }],
    ['shared', 'NN', 'i8', {}],
    ['shared', 'NT', 'f16', { factor: 3, rank: 4, residual: true }],
  ] as const)('%s kernel, %s, B in %s with %o', async (family, form, precision, ends) => {
    await compare(form, [7, 12, 20], { family, tile: [4, 4] }, precision, { ends });
    expect(device!.problem()).toBeUndefined();
  });

  test('a batch of matrices in strided views', async () => {
    // [outer 2][rows 8][inner 2][columns 8]: heads side by side, as attention has them.
    const [outer, inner, m, k, n] = [2, 2, 8, 8, 12];
    const [left, right] = [values([outer, m, inner, k], 1), values([outer, n, inner, k], 2)];
    const made = [tf.tensor(left, [outer * m, inner * k]), tf.tensor(right, [outer * n, inner * k])];
    const strides = { rowStride: inner * k, innerStride: k };
    const quad = hasFeature('subgroups') ? [quadKernel] : [];
    for (const kernel of [...candidateKernels.slice(0, 4), ...quad]) {
      const c = allocate<tf.Rank.R3>([outer * inner, m, n]);
      runMatmul(
        {
          form: 'NT',
          rows: m,
          columns: n,
          depth: k,
          outer,
          inner,
          a: { tensor: made[0]!, ...strides, outerStride: m * inner * k },
          b: { tensor: made[1]!, ...strides, outerStride: n * inner * k },
          c: { tensor: c, rowStride: n, innerStride: m * n, outerStride: inner * m * n },
        },
        kernel,
      );
      // The second head of the first group once more, into the place of the first.
      runMatmul(
        {
          form: 'NT',
          rows: m,
          columns: n,
          depth: k,
          a: { tensor: made[0]!, ...strides, start: k },
          b: { tensor: made[1]!, ...strides, start: k },
          c: { tensor: c, rowStride: n, start: 0 },
        },
        kernel,
      );
      const rowsOf = (all: Float32Array, rows: number, group: number, head: number) =>
        Float32Array.from({ length: rows * k }, (_, i) => {
          const [row, column] = [Math.floor(i / k), i % k];
          return all[((group * rows + row) * inner + head) * k + column]!;
        });
      const wanted = [1, 1, 2, 3].flatMap((at) => {
        const [group, head] = [at >> 1, at & 1];
        return product('NT', rowsOf(left, m, group, head), rowsOf(right, n, group, head), [m, k, n]);
      });
      expect(await readFresh(c)).toBeAllClose(wanted, { atol: 2e-6, rtol: 1e-5 });
      c.dispose();
    }
    tf.dispose(made);
    expect(device!.problem()).toBeUndefined();
  });

  test('few rows: every store and end', async () => {
    for (const precision of ['f32', 'f16', 'i8'] as const) {
      await compare('NT', [3, 520, 9], 'few rows', precision, { ends: { rank: 3, residual: true } });
    }
    await compare('NT', [2, 24, 5], 'few rows', 'f32', { ends: { factor: 0.3, residual: true } });
    await compare('NT', [1, 4, 5], 'few rows', 'f16', { ends: { relu: true } });
    expect(device!.problem()).toBeUndefined();
  });

  test('few rows with subgroups, where the adapter has them', async (context) => {
    skipWithoutSubgroups(context);
    await compare('NT', [3, 520, 9], 'few rows, subgroups', 'f16', { ends: { rank: 3, residual: true } });
    await compare('NT', [1, 4, 5], 'few rows, subgroups');
    expect(device!.problem()).toBeUndefined();
  });

  test('choices count on GPUs only and leave few rows alone', () => {
    const first = candidateKernels[0];
    const [wide, low, narrow] = hasFeature('subgroups') ? quadKernels : [first, first, first];
    const large = { rows: 4096, columns: 512, depth: 512 };
    const chosen = (sizes: Partial<ProductSizes>) => chooseKernel('NN', { ...large, ...sizes });
    const shared = candidateKernels[5]!;
    const thin = candidateKernels[3]!;
    setMatmulChoices(
      new Map([
        ['NN large', shared],
        ['NN low', thin],
        ['NN narrow', thin],
      ]),
    );
    expect(matmulChoices()).toMatchObject({ 'NN large': 'shared 8x8', 'NN low': 'shared 4x4' });
    setReductionStyle('workgroup');
    expect(chosen({})).toEqual(shared);
    for (const sizes of [{ rows: 16 }, { rows: 32 }, { columns: 16 }]) expect(chosen(sizes)).toEqual(thin);
    expect(chosen({ rows: 4 })).toEqual({ family: 'direct', tile: [4, 8] });
    expect(chooseKernel('NT', large)).toEqual(candidateKernels[0]);
    expect(chosen({ rows: 64, columns: 64 })).toEqual(candidateKernels[0]);
    setReductionStyle('invocation');
    expect(chosen({})).toEqual(wide);
    expect(chosen({ columns: 80 })).toEqual(narrow);
    expect(chosen({ rows: 36, depth: 4096 })).toEqual(narrow);
    for (const rows of [16, 48]) expect(chosen({ rows })).toEqual(low);
    expect(chosen({ rows: 16, columns: 80 })).toEqual(narrow);
    expect(chosen({ rows: 16, depth: 128 })).toEqual(narrow);
    expect(chosen({ rows: 64, columns: 64, depth: 64, batch: 4 })).toEqual(narrow);
    expect(chosen({ rows: 64, columns: 64, depth: 64, batch: 8 })).toEqual(wide);
    expect(chosen({ rows: 15 })).toEqual(candidateKernels[0]);
    expect(chosen({ rows: 4 })).toEqual({ family: 'direct', tile: [4, 8] });
  });
});
