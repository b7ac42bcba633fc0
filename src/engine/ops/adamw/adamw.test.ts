import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { floats } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { openDevice } from '../../device.ts';
import { readFresh } from '../../runtime.ts';
import { adamwStep, type AdamwOptions, type AdamwState } from './adamw.ts';

const device = await openTestDevice();
await openDevice('wasm');
const tolerance = { atol: 3e-7, rtol: 1e-5 };
const constants = { learningRate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };
const stepCount = 5;
const scale = 0.25;

/** The loop of torch.optim.AdamW for one parameter, in double precision; the gradient of step t is `gradientAt(t)`. */
function plainAdamw(start: ArrayLike<number>): {
  parameter: number[];
  momentum: number[];
  variance: number[];
} {
  const { learningRate, beta1, beta2, epsilon, weightDecay } = constants;
  const parameter = Array.from(start);
  const momentum = parameter.map(() => 0);
  const variance = parameter.map(() => 0);
  for (let step = 1; step <= stepCount; step++) {
    const gradient = gradientAt(step, parameter.length);
    for (let i = 0; i < parameter.length; i++) {
      const g = gradient[i]! * scale;
      parameter[i]! *= 1 - learningRate * weightDecay;
      momentum[i] = beta1 * momentum[i]! + (1 - beta1) * g;
      variance[i] = beta2 * variance[i]! + (1 - beta2) * g * g;
      const denominator = Math.sqrt(variance[i]!) / Math.sqrt(1 - beta2 ** step) + epsilon;
      parameter[i]! -= (learningRate / (1 - beta1 ** step)) * (momentum[i]! / denominator);
    }
  }
  return { parameter, momentum, variance };
}

function gradientAt(step: number, size: number): ArrayLike<number> {
  return floats([size], step, 2).values;
}

function makeState(start: Float32Array): AdamwState {
  const variable = (values: Float32Array): tf.Variable =>
    tf.tidy(() => tf.variable(tf.tensor1d(values.slice())));
  return {
    parameter: variable(start),
    momentum: variable(new Float32Array(start.length)),
    variance: variable(new Float32Array(start.length)),
  };
}

function takeSteps(state: AdamwState, size: number): void {
  for (let step = 1; step <= stepCount; step++) {
    tf.tidy(() => {
      const options: AdamwOptions = { ...constants, step, gradientScale: tf.scalar(scale) };
      adamwStep(state, tf.tensor1d(Float32Array.from(gradientAt(step, size))), options);
    });
  }
}

const backends = ['cpu', 'wasm', ...(device === null ? [] : ['webgpu'])];

describe.each(backends)('on %s', (backend) => {
  test.each([1, 7, 64, 132])('five steps over %i values follow torch.optim.AdamW', async (size) => {
    await tf.setBackend(backend);
    const start = floats([size], 9).values as Float32Array;
    const before = tf.memory().numTensors;
    const state = makeState(start);
    takeSteps(state, size);
    const wanted = plainAdamw(start);
    expect(await readFresh(state.parameter)).toBeAllClose(wanted.parameter, tolerance);
    expect(await readFresh(state.momentum)).toBeAllClose(wanted.momentum, tolerance);
    expect(await readFresh(state.variance)).toBeAllClose(wanted.variance, tolerance);
    tf.dispose([state.parameter, state.momentum, state.variance]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('on WASM in place, unless another tensor shares a buffer', async () => {
  await tf.setBackend('wasm');
  const start = floats([8], 9).values as Float32Array;
  const state = makeState(start);
  const { dataId } = state.parameter;
  takeSteps(state, 8);
  expect(state.parameter.dataId).toBe(dataId);
  const kept = tf.reshape(state.parameter, [2, 4]); // clones share it, too
  const values = await kept.data();
  takeSteps(state, 8);
  expect(state.parameter.dataId).not.toBe(dataId);
  expect(await kept.data()).toEqual(values);
  tf.dispose([kept, ...Object.values<tf.Variable>({ ...state })]);
});

describe.skipIf(device === null)('on WebGPU', () => {
  test('updates in place, and reads after it are not stale', async () => {
    await tf.setBackend('webgpu');
    const state = makeState(floats([8], 9).values as Float32Array);
    const { dataId } = state.parameter;
    await state.parameter.data(); // leaves a CPU copy that the step must drop
    takeSteps(state, 8);
    expect(state.parameter.dataId).toBe(dataId);
    const wanted = plainAdamw(floats([8], 9).values);
    expect(await state.parameter.data()).toBeAllClose(wanted.parameter, tolerance);
    tf.dispose([state.parameter, state.momentum, state.variance]);
  });

  test('a parameter whose buffer is shared is replaced, so the other holder keeps its values', async () => {
    await tf.setBackend('webgpu');
    const start = floats([8], 9).values as Float32Array;
    const state = makeState(start);
    const copy = tf.clone(state.parameter);
    takeSteps(state, 8);
    expect(await readFresh(copy)).toEqual(start);
    expect(await readFresh(state.parameter)).toBeAllClose(plainAdamw(start).parameter, tolerance);
    tf.dispose([copy, state.parameter, state.momentum, state.variance]);
    expect(device!.problem()).toBeUndefined();
  });
});
