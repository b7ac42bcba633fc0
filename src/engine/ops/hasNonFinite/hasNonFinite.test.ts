import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { floats } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { readFresh } from '../../runtime.ts';
import { hasNonFinite } from './hasNonFinite.ts';

const device = await openTestDevice();
const backends = device === null ? (['cpu'] as const) : (['cpu', 'webgpu'] as const);

describe.each(backends)('on %s', (backend) => {
  test.each([
    [[], false],
    [[3.4e38, -1e-45], false],
    [[NaN], true],
    [[Infinity], true],
    [[-Infinity], true],
  ])('among 300 values %j: %s', async (odd, wanted) => {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const { values } = floats([300], 1);
    values.set(odd, 211);
    const flag = tf.tidy(() => hasNonFinite(tf.tensor1d(values)));
    expect((await readFresh(flag))[0] !== 0).toBe(wanted);
    flag.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test.skipIf(device === null)('on WebGPU no GPU error was raised', () => {
  expect(device!.problem()).toBeUndefined();
});
