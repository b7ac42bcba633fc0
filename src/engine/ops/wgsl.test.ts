import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { reductionStyles } from '../../test/parity.ts';
import { openTestDevice } from '../../test/webgpuDevice.ts';
import { readFresh, runKernel, setReductionStyle } from '../runtime.ts';
import { elementKernel, elementWorkgroups, rowKernel, rowWorkgroups } from './wgsl.ts';

const device = await openTestDevice();
const counts = [1, 3, 64, 65, 1000, 100_003];

/** The counters after a kernel added one to each that it came to; `length` of them. */
async function visits(length: number, run: (x: tf.Tensor) => void): Promise<Set<number>> {
  await tf.setBackend('webgpu');
  const x = tf.zeros([length]);
  run(x);
  const seen = new Set(await readFresh(x));
  x.dispose();
  return seen;
}

test.skipIf(device === null).each(reductionStyles)(
  'in style %s elements and rows are visited once each, by any number of workgroups',
  async (style) => {
    setReductionStyle(style);
    for (const count of counts) {
      const key = `visits ${style}`;
      for (const workgroups of [elementWorkgroups(count), [1, 1, 1], [7, 1, 1]] as const) {
        const elements = await visits(count, (x) =>
          runKernel({
            key: `element ${key}`,
            code: () =>
              elementKernel(
                { writes: { x: 'f32' }, reads: {}, u32: ['count'] },
                'if (i % 2u == 0u) { x[i] += step; continue; } x[i] += 1.0;',
                '',
                'let step = 1.0;',
              ),
            writes: [x],
            reads: [],
            uniforms: { u32: [count] },
            workgroups,
          }),
        );
        expect(elements).toEqual(new Set([1]));
      }
      const rows = await visits(count, (x) =>
        runKernel({
          key: `row ${key}`,
          code: () =>
            rowKernel(
              style,
              { writes: { x: 'f32' }, reads: {}, u32: ['rows'] },
              'if (lane == 0u) { x[row] += 1.0; }',
            ),
          writes: [x],
          reads: [],
          uniforms: { u32: [count] },
          workgroups: rowWorkgroups(style, count),
        }),
      );
      expect(rows).toEqual(new Set([1]));
    }
    expect(device!.problem()).toBeUndefined();
  },
);
