import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { floats, toTensor } from '../test/parity.ts';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { Arena, arenaLayout } from './arena.ts';
import { gpuBytesInUse } from './memory.ts';
import { linear } from './ops/linear/linear.ts';
import { readFresh, submitRecorded } from './runtime.ts';

const device = await openTestDevice();

test('parts begin where WebGPU lets bindings begin', () => {
  expect(arenaLayout([1, 64, 65, 3])).toEqual({ offsets: [0, 64, 128, 256], floatCount: 320 });
  expect(arenaLayout([])).toEqual({ offsets: [], floatCount: 0 });
});

describe.skipIf(device === null)('on WebGPU', () => {
  test('tensors keep their values and work in ops, kernels and reads', async () => {
    await tf.setBackend('webgpu');
    const inputs = [floats([3, 5], 1), floats([7, 5], 2), floats([1], 3)];
    const before = tf.memory().numTensors;
    const bytes = gpuBytesInUse();
    const [x, w, one] = inputs.map((input) => toTensor(input)) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
    const wanted = tf.tidy(() => [linear(x, w), tf.matMul(x, w, false, true), tf.add(x, one)]);
    const wantedValues = await Promise.all(wanted.map((tensor) => readFresh(tensor)));
    const arena = new Arena([x, w, one]);
    expect(arena.whole.shape).toEqual([192]);
    expect(tf.memory().numTensors).toBe(before + 6);
    expect([x, w, one].every((tensor) => arena.holds(tensor))).toBe(true);
    const got = tf.tidy(() => [linear(x, w), tf.matMul(x, w, false, true), tf.add(x, one)]);
    for (const [i, tensor] of got.entries()) expect(await readFresh(tensor)).toEqual(wantedValues[i]);
    expect(await w.data()).toEqual(inputs[1]!.values);
    expect(await readFresh(w)).toEqual(inputs[1]!.values);
    tf.dispose([x, w, one, got, wanted]);
    submitRecorded();
    expect(gpuBytesInUse()).toBe(bytes);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('an assigned variable leaves, and can come to another arena with the rest', async () => {
    const a = tf.variable(tf.tensor1d([1, 2]));
    const b = tf.variable(tf.tensor1d([3, 4, 5]));
    const first = new Arena([a, b]);
    a.assign(tf.tensor1d([6, 7]));
    expect([first.holds(a), first.holds(b)]).toEqual([false, true]);
    const second = new Arena([a, b]);
    expect([second.holds(a), second.holds(b)]).toEqual([true, true]);
    expect(await readFresh(a)).toEqual(Float32Array.of(6, 7));
    expect(await readFresh(b)).toEqual(Float32Array.of(3, 4, 5));
    tf.dispose([a, b]);
    expect(device!.problem()).toBeUndefined();
  });
});
