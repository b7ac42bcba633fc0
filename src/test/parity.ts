/**
 * Comparing an op's WebGPU kernels with its plain tfjs reference on the CPU backend: values and all gradients, in both
 * reduction styles, and that no tensor is left behind.
 */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { readFresh, setReductionStyle, type ReductionStyle } from '../engine/runtime.ts';

/** A tensor to be made anew on each backend. */
export interface Input {
  shape: number[];
  values: Float32Array | Int32Array;
}

/** A float input of fixed, irregular values between -scale and scale. */
export function floats(shape: number[], seed: number, scale = 1): Input {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, (_, i) => {
    const wave = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return scale * 2 * (wave - Math.floor(wave) - 0.5);
  });
  return { shape, values };
}

/** An int32 input. */
export function ints(shape: number[], values: readonly number[]): Input {
  return { shape, values: Int32Array.from(values) };
}

/** An op of its float inputs. */
export type Op = (...inputs: never[]) => tf.Tensor;

/** An op's value, and the gradient of Σ value·w for fixed w with respect to each input. */
export interface Evaluation {
  value: Float32Array;
  gradients: Float32Array[];
}

/** `subgroup` is `workgroup` again on an adapter without subgroups. */
export const reductionStyles: readonly ReductionStyle[] = ['invocation', 'workgroup', 'subgroup'];

/** Makes a tensor of an input on the present backend. */
export function toTensor<R extends tf.Rank>({ shape, values }: Input): tf.Tensor<R> {
  const dtype = values instanceof Int32Array ? 'int32' : 'float32';
  return tf.tensor(values.slice(), shape as tf.ShapeMap[R], dtype);
}

/** Runs an op forward and backward on a backend; fails when tensors are left. */
export async function evaluate(
  backend: 'cpu' | 'webgpu' | 'wasm',
  op: Op,
  inputs: readonly Input[],
): Promise<Evaluation> {
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const tensors = inputs.map((input) => toTensor(input));
  const [value, gradients] = tf.tidy(() => {
    const y = (op as unknown as (...xs: tf.Tensor[]) => tf.Tensor)(...tensors);
    const weights = toTensor(floats(y.shape, 7));
    const weighedSum = (...xs: tf.Tensor[]): tf.Scalar =>
      tf.sum(tf.mul((op as unknown as (...ys: tf.Tensor[]) => tf.Tensor)(...xs), weights));
    return [y, tf.grads(weighedSum)(tensors)];
  });
  const evaluation = {
    value: await readFresh(value),
    gradients: await Promise.all(gradients.map((gradient) => readFresh(gradient))),
  };
  tf.dispose([value, gradients, tensors]);
  expect(tf.memory().numTensors).toBe(before);
  return evaluation;
}

/** Expects kernel = reference for value and gradients in both reduction styles. */
export async function expectParity(
  op: Op,
  inputs: readonly Input[],
  tolerance: { atol: number; rtol: number },
): Promise<Evaluation> {
  const wanted = await evaluate('cpu', op, inputs);
  for (const style of reductionStyles) {
    await tf.setBackend('webgpu');
    setReductionStyle(style);
    const got = await evaluate('webgpu', op, inputs);
    expect(got.value).toBeAllClose(wanted.value, tolerance);
    expect(got.gradients.length).toBe(wanted.gradients.length);
    for (const [i, gradient] of got.gradients.entries()) {
      expect(gradient).toBeAllClose(wanted.gradients[i]!, tolerance);
    }
  }
  return wanted;
}

/** A few coordinates of one input's gradient on the CPU backend, and the central differences of Σ value·w there. */
export async function differences(
  op: Op,
  inputs: readonly Input[],
  which: number,
): Promise<{ claimed: number[]; measured: number[] }> {
  const h = 1e-2;
  const { gradients } = await evaluate('cpu', op, inputs);
  const { values, shape } = inputs[which]!;
  const coordinates = [0, 1, Math.floor(values.length / 2), values.length - 1];
  const measured: number[] = [];
  for (const at of coordinates) {
    const [above, below] = [h, -h].map((step) => {
      const moved = values.slice() as Float32Array;
      moved[at]! += step;
      return inputs.map((input, i) => (i === which ? { shape, values: moved } : input));
    });
    measured.push(((await weighed(op, above!)) - (await weighed(op, below!))) / (2 * h));
  }
  const claimed = coordinates.map((at) => gradients[which]![at]!);
  return { claimed, measured };
}

async function weighed(op: Op, inputs: readonly Input[]): Promise<number> {
  const { value } = await evaluateForward(op, inputs);
  const weights = floats([value.length], 7).values;
  return value.reduce((sum, v, i) => sum + v * weights[i]!, 0);
}

async function evaluateForward(op: Op, inputs: readonly Input[]): Promise<{ value: Float32Array }> {
  const y = tf.tidy(() =>
    (op as unknown as (...xs: tf.Tensor[]) => tf.Tensor)(...inputs.map((input) => toTensor(input))),
  );
  const value = await readFresh(y);
  y.dispose();
  return { value };
}
