/** Runs an op on the present device and on the processor, forward and backward, and compares. */
import * as tf from '@tensorflow/tfjs';
import { kernelsOf, readFresh, readFreshInts, uploadNow, type KernelTexts } from '../runtime.ts';
import { largestSize, relativeDifference } from '../../lib/differences.ts';
import { withProductBits } from '../ops/linear/matmulChoice.ts';
import type { ProductBits } from '../ops/linear/matmulKernels.ts';
import type { OpCase, OpInput } from './opCase.ts';
import type { OpVerdict } from './opVerdict.ts';

interface Evaluation {
  value: Float32Array;
  gradients: Float32Array[];
}

/**
 * Value, and gradients for a fixed upstream gradient, on `backend` with products in so many bits, and on tfjs's plain JavaScript
 * backend. Nobody else may use tfjs meanwhile: the backend is switched and switched back.
 */
export async function checkOp(opCase: OpCase, backend: string, bits: ProductBits = 32): Promise<OpVerdict> {
  const got = await evaluateOn(backend, opCase, opCase.run, bits);
  let wanted: Evaluation;
  try {
    wanted = await evaluateOn('cpu', opCase, opCase.reference ?? opCase.run);
  } finally {
    await tf.setBackend(backend);
  }
  // A gradient that is zero but for rounding (a norm of one number) must not be held against its own size.
  const largest = Math.max(...[wanted.value, ...wanted.gradients].map(largestSize));
  const least = Math.max(LEAST_SHARE * largest, 1e-6);
  const errors = [
    { part: 'the value', error: relativeDifference(got.value, wanted.value, least) },
    ...wanted.gradients.map((gradient, i) => ({
      part: `the gradient of input ${i + 1}`,
      error: relativeDifference(got.gradients[i]!, gradient, least),
    })),
  ];
  const worst = errors.reduce((a, b) => (b.error > a.error ? b : a));
  const { op, sizes, tolerance } = opCase;
  const verdict = { op, sizes, tolerance, error: worst.error };
  if (worst.error <= tolerance) return verdict;
  return {
    ...verdict,
    fault: `${worst.part} is off by ${worst.error.toExponential(1)} of its largest value`,
  };
}

/** The kernels that an op needs on WebGPU, the present backend. */
export function kernelsOfCase(opCase: OpCase, bits: ProductBits = 32): KernelTexts {
  return kernelsOf(() => tf.dispose(Object.values(compute(opCase, opCase.run, bits))));
}

async function evaluateOn(
  backend: string,
  opCase: OpCase,
  run: OpCase['run'],
  bits: ProductBits = 32,
): Promise<Evaluation> {
  await tf.setBackend(backend);
  const { value, gradients } = compute(opCase, run, bits);
  try {
    const read: Float32Array[] = [];
    for (const gradient of gradients) read.push(await readNumbers(gradient));
    return { value: await readNumbers(value), gradients: read };
  } finally {
    tf.dispose([value, gradients]);
  }
}

/** Records the op, forward and backward, on the present backend. */
function compute(
  { inputs, constants: makeConstants, isForwardOnly = false }: OpCase,
  run: OpCase['run'],
  bits: ProductBits,
): { value: tf.Tensor; gradients: tf.Tensor[] } {
  const tensors = inputs.map(toTensor);
  for (const tensor of tensors) uploadNow(tensor); // some kernels take only what is on the GPU
  const constants = makeConstants?.() ?? [];
  const withConstants = (...xs: tf.Tensor[]): tf.Tensor => run(...xs, ...constants);
  const evaluate = (): { value: tf.Tensor; gradients: tf.Tensor[] } => {
    const y = withConstants(...tensors);
    if (isForwardOnly) return { value: y, gradients: [] };
    return { value: y, gradients: tf.grads(withConstants)(tensors, toTensor(upstreamLike(y.shape))) };
  };
  try {
    return tf.tidy(() => withProductBits(bits, evaluate));
  } finally {
    tf.dispose([tensors, constants]);
  }
}

/** Whole numbers are read as such: a cast on the GPU may keep their bits and change only the name of the type. */
async function readNumbers(tensor: tf.Tensor): Promise<Float32Array> {
  return tensor.dtype === 'int32' ? Float32Array.from(await readFreshInts(tensor)) : readFresh(tensor);
}

function toTensor({ shape, values }: OpInput): tf.Tensor {
  return tf.tensor(values.slice(), [...shape], values instanceof Int32Array ? 'int32' : 'float32');
}

/** A fixed, irregular upstream gradient: one of ones would hide errors that cancel. */
function upstreamLike(shape: readonly number[]): OpInput {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, values: Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + 1)) };
}

/** Tensors smaller than this share of the op's largest one are measured as if they were that large. */
const LEAST_SHARE = 0.1;
