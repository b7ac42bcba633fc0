import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { customGradient } from './customGradient.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** x², noting how many tensors there are when its gradient is asked for. */
function square(x: tf.Tensor, counts: number[] = []): tf.Tensor {
  return customGradient([x] as const, (input) => ({
    value: tf.square(input),
    saved: [input],
    gradient: (dy, [kept]) => {
      counts.push(tf.memory().numTensors);
      return [tf.mul(dy, tf.mul(kept!, 2))];
    },
  }));
}

describe('customGradient', () => {
  test('frees what a step kept and the gradient of its value as the tape is walked', () => {
    const counts: number[] = [];
    const chain = (x: tf.Tensor): tf.Tensor => {
      let y = x;
      for (let i = 0; i < 6; i++) y = square(y, counts);
      return y;
    };
    tf.tidy(() => tf.grad(chain)(tf.scalar(1.1)));
    // Each step back gives up one kept value and one gradient, and makes one.
    expect(counts).toEqual(counts.map((_, i) => counts[0]! - i));
  });

  test('sums the gradients of a value that is used twice before they are used', async () => {
    const twice = (x: tf.Tensor): tf.Tensor => {
      const y = square(x);
      return tf.add(square(y), square(y)); // 2x⁴
    };
    const gradient = tf.tidy(() => tf.grad(twice)(tf.scalar(3)));
    expect((await gradient.data())[0]).toBe(216);
    gradient.dispose();
  });

  test('a step may hand its gradient on', async () => {
    const same = (x: tf.Tensor): tf.Tensor =>
      customGradient([x] as const, (input) => ({
        value: tf.clone(input),
        saved: [],
        gradient: (dy) => [dy],
      }));
    const gradient = tf.tidy(() => tf.grad((x) => square(same(x)))(tf.scalar(3)));
    expect((await gradient.data())[0]).toBe(6);
    gradient.dispose();
  });

  test('leaves nothing but the gradients asked for', () => {
    const before = tf.memory().numTensors;
    const x = tf.scalar(2);
    const gradients = tf.tidy(() => tf.grads((a) => square(square(a)))([x]));
    tf.dispose([x, ...gradients]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
