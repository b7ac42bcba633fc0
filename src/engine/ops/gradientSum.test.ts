import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluate, floats } from '../../test/parity.ts';
import { openTestDevice } from '../../test/webgpuDevice.ts';
import { gradientsOf } from '../optim/gradients.ts';
import { headLossSum } from './crossEntropy/headLoss.ts';
import { customGradient } from './customGradient.ts';
import { embedding } from './embedding/embedding.ts';
import { GradientSums } from './gradientSum.ts';

const device = await openTestDevice();
const backends = device === null ? (['cpu', 'wasm'] as const) : (['cpu', 'wasm', 'webgpu'] as const);

beforeAll(async () => {
  const { openDevice } = await import('../device.ts');
  await openDevice('wasm');
});

const ids = () => tf.tensor1d([3, 1, 3, 7], 'int32');
const otherIds = () => tf.tensor1d([0, 3, 3, 9], 'int32');
const labels = () => tf.tensor1d([1, -100, 9, 3], 'int32');

interface Uses {
  /** Whether all uses share one sum. */
  shared: boolean;
  isTied: boolean;
  rowsAtOnce: number;
}

/** Two lookups in a table and a head, which is the table itself where it is tied. */
function lossOf({ shared, isTied, rowsAtOnce }: Uses) {
  return (table: tf.Tensor2D, head: tf.Tensor2D): tf.Scalar => {
    const sums = shared ? new GradientSums() : undefined;
    const gradientSum = sums?.of(table);
    const first = embedding(table, ids(), { gradientSum });
    const second = embedding(table, otherIds(), { gradientSum });
    const states = tf.mul<tf.Tensor2D>(first, tf.sigmoid(second));
    const loss = isTied
      ? headLossSum(states, table, labels(), { gradientSum, rowsAtOnce })
      : headLossSum(states, head, labels(), { gradientSum: sums?.of(head), rowsAtOnce });
    return isTied ? tf.add(loss, tf.sum(head)) : loss;
  };
}

describe.each(backends)('on %s', (backend) => {
  test.each([
    { isTied: true, rowsAtOnce: 4 },
    { isTied: true, rowsAtOnce: 2 },
    { isTied: false, rowsAtOnce: 4 },
    { isTied: false, rowsAtOnce: 2 },
  ])('%o: the gradients of a table used three times are those tfjs sums', async (uses) => {
    const inputs = [floats([10, 8], 1, 2), floats([10, 8], 2)];
    const wanted = await evaluate(backend, lossOf({ ...uses, shared: false }), inputs);
    const got = await evaluate(backend, lossOf({ ...uses, shared: true }), inputs);
    expect(got.value).toEqual(wanted.value);
    for (const which of [0, 1]) {
      expect(got.gradients[which]!).toBeAllClose(wanted.gradients[which]!, { atol: 1e-6, rtol: 1e-6 });
    }
  });

  test('a walk that fails half way leaves nothing behind', async () => {
    await tf.setBackend(backend);
    const table = tf.tidy(() => tf.variable<tf.Rank.R2>(tf.ones([10, 8])));
    const before = tf.memory().numTensors;
    const fails = (x: tf.Tensor2D): tf.Tensor2D =>
      customGradient([x] as const, (y) => ({
        value: tf.clone(y),
        saved: [],
        gradient: () => {
          throw new Error('half way');
        },
      }));
    const compute = (): tf.Scalar => {
      const gradientSum = new GradientSums().of(table);
      const first = fails(embedding(table, ids(), { gradientSum }));
      return headLossSum(first, table, labels(), { gradientSum });
    };
    expect(() => gradientsOf(new Map([['table', table]]), compute, (found) => found)).toThrow('half way');
    const left = tf.memory().numTensors - before;
    table.dispose();
    expect(left).toBe(0);
  });
});

test('a sum to which nothing was added has no gradient', () => {
  tf.tidy(() => {
    const table = tf.variable<tf.Rank.R2>(tf.ones([2, 2]));
    const unused = (): tf.Scalar => {
      const { handle } = new GradientSums().of(table);
      return tf.sum(tf.mul(handle, tf.sum(table)));
    };
    expect(() => tf.variableGrads(unused, [table])).toThrow('No use of a table');
    table.dispose();
  });
});
