import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { floats, toTensor } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { readFresh } from '../../runtime.ts';
import { accumulate, zeros } from './accumulate.ts';

const device = await openTestDevice();
const backends = device === null ? (['cpu'] as const) : (['cpu', 'webgpu'] as const);

describe.each(backends)('on %s', (backend) => {
  test.each([[[1]], [[3, 5]], [[8, 8]]])('adds into a variable of zeros of shape %j', async (shape) => {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const first = floats(shape, 1);
    const second = floats(shape, 2);
    const variable = tf.tidy(() => tf.variable(zeros(shape as [number])));
    tf.tidy(() => {
      accumulate(variable, toTensor(first));
      accumulate(variable, toTensor(second));
    });
    const sums = Float32Array.from(first.values, (x, i) => x + second.values[i]!);
    expect(await readFresh(variable)).toEqual(sums);
    variable.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a tensor that shares the buffer keeps its values', async () => {
    await tf.setBackend(backend);
    const source = tf.tensor1d([1, 2, 3]);
    const variable = tf.variable(source);
    tf.tidy(() => accumulate(variable, tf.tensor1d([1, 1, 1])));
    expect(await readFresh(source)).toEqual(Float32Array.of(1, 2, 3));
    expect(await readFresh(variable)).toEqual(Float32Array.of(2, 3, 4));
    tf.dispose([source, variable]);
  });
});

test.skipIf(device === null)('on WebGPU no GPU error was raised', () => {
  expect(device!.problem()).toBeUndefined();
});
