import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { openDevice } from './device.ts';

await openDevice('wasm');

test('tanh from far below zero to far above, and its gradient', () => {
  const values = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 100);
  const x = tf.tensor1d(values);
  const exact = [...values].map(Math.tanh);
  expect(tf.tanh(x).dataSync()).toBeAllClose(exact, { atol: 2e-7, rtol: 0 });
  const gradient = tf.grad((input) => tf.tanh(input))(x);
  expect(gradient.dataSync()).toBeAllClose(
    exact.map((y) => 1 - y * y),
    { atol: 4e-7, rtol: 0 },
  );
});

test('the ends of the range, and what is no number', () => {
  const values = [Infinity, -Infinity, 1e30, -1e30, 0];
  expect([...tf.tanh(tf.tensor1d(values)).dataSync()]).toEqual([1, -1, 1, -1, 0]);
  expect(tf.tanh(tf.tensor1d([NaN])).dataSync()[0]).toBeNaN();
});

test('shapes stay, and nothing is left behind', () => {
  const x = tf.ones([2, 3, 4]);
  const before = tf.memory().numTensors;
  const y = tf.tanh(x);
  expect(y.shape).toEqual([2, 3, 4]);
  expect(tf.memory().numTensors).toBe(before + 1);
  const empty = tf.tanh(tf.zeros([0, 3]));
  expect(empty.shape).toEqual([0, 3]);
});
