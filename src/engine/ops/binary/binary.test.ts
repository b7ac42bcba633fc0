import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { differences, expectParity, floats } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { readFresh } from '../../runtime.ts';
import { backend } from '../../tfjsBackend.ts';

const device = await openTestDevice();
const exact = { atol: 0, rtol: 1e-6 };

test('the gradient of a product is that of finite differences', async () => {
  const op = (a: tf.Tensor, b: tf.Tensor) => tf.mul(a, tf.add(b, a));
  const { claimed, measured } = await differences(op, [floats([3, 5], 1), floats([3, 5], 2)], 0);
  expect(claimed).toBeAllClose(measured, { atol: 2e-3, rtol: 1e-3 });
});

describe.skipIf(device === null)('on WebGPU', () => {
  test.each([[[1]], [[3, 5]], [[4, 8]], [[2, 3, 4]]])('tensors of shape %j', async (shape) => {
    const inputs = [floats(shape, 1), floats(shape, 2)];
    const { value } = await expectParity(
      (a: tf.Tensor, b: tf.Tensor) => tf.add(tf.mul(a, b), a),
      inputs,
      exact,
    );
    expect(value.length).toBe(inputs[0]!.values.length);
    await expectParity((a: tf.Tensor, b: tf.Tensor) => tf.mul(tf.add(a, 2), tf.mul(0.3, b)), inputs, exact);
  });

  test('what tfjs does elsewhere: rows, columns, a tensor with itself, whole numbers', async () => {
    const inputs = [floats([4, 8], 1), floats([8], 2), floats([4, 1], 3)];
    const op = (a: tf.Tensor, row: tf.Tensor, column: tf.Tensor) =>
      tf.add(tf.mul(a, a), tf.mul(tf.add(a, row), column));
    await expectParity(op, inputs, exact);
    const sums = tf.tidy(() => tf.add(tf.tensor1d([1, 2], 'int32'), tf.tensor1d([3, 4], 'int32')));
    expect(Array.from(await sums.data())).toEqual([4, 6]);
    sums.dispose();
  });

  test('casts change no stored number: masks and whole numbers times floats', async () => {
    await tf.setBackend('webgpu');
    const [losses, labels] = [tf.tensor1d([1, 2, 3, 4]), tf.tensor1d([0, 7, 0, 9], 'int32')];
    for (const { dataId } of [losses, labels]) backend().uploadToGPU(dataId);
    const masked = tf.tidy(() => tf.mul(losses, tf.notEqual(labels, 0).toFloat()));
    expect(await readFresh(masked)).toEqual(Float32Array.of(0, 2, 0, 4));
    const sums = tf.tidy(() => tf.add(losses, labels.toFloat()));
    expect(await readFresh(sums)).toEqual(Float32Array.of(1, 9, 3, 13));
    tf.dispose([losses, labels, masked, sums]);
  });

  test('a number is not uploaded, and a scalar on the GPU is still read there', async () => {
    await tf.setBackend('webgpu');
    const x = tf.tensor1d([1, 2, 3, 4]);
    backend().uploadToGPU(x.dataId);
    const used = backend().bufferManager.numBytesUsed;
    const y = tf.mul(x, 3);
    expect(backend().bufferManager.numBytesUsed).toBe(used + 16);
    const z = tf.tidy(() => tf.mul(x, tf.sum(y)));
    expect(await readFresh(y)).toEqual(Float32Array.of(3, 6, 9, 12));
    expect(await readFresh(z)).toEqual(Float32Array.of(30, 60, 90, 120));
    tf.dispose([x, y, z]);
    expect(device!.problem()).toBeUndefined();
  });
});
