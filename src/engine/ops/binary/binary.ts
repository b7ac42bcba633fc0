/**
 * Add and Multiply of tfjs for the cases that training is full of: tensors of one shape, and a number. tfjs's own kernels
 * make a bind group and a uniform buffer for every call and upload the number; these keep them. All other cases still go
 * to tfjs's, which are also the plain version.
 */
import * as tf from '@tensorflow/tfjs';
import { runKernel } from '../../runtime.ts';
import { backend, type TfjsBackend } from '../../tfjsBackend.ts';
import { elementWorkgroups, lanesOf, widestType } from '../wgsl.ts';
import { numberCode, pairCode, type BinaryOperator } from './binary.wgsl.ts';

const replaced: Readonly<Record<string, BinaryOperator>> = { Add: '+', Multiply: '*' };
let isRegistered = false;

/** Registers the kernels for tfjs's WebGPU backend; once is enough. */
export function registerBinaryKernels(): void {
  if (isRegistered) return;
  isRegistered = true;
  for (const [kernelName, operator] of Object.entries(replaced)) {
    const { kernelFunc: stock } = tf.getKernel(kernelName, 'webgpu');
    tf.unregisterKernel(kernelName, 'webgpu');
    tf.registerKernel({
      kernelName,
      backendName: 'webgpu',
      kernelFunc: (call) => ownKernel(operator, call.inputs) ?? stock(call),
    });
  }
}

function ownKernel(operator: BinaryOperator, inputs: tf.NamedTensorInfoMap): tf.TensorInfo | undefined {
  const gpu = backend();
  const a = inputs['a']!;
  const b = inputs['b']!;
  if (!isStoredAsFloats(gpu, a) || !isStoredAsFloats(gpu, b)) return undefined;
  const [numberOfA, numberOfB] = [numberIn(gpu, a), numberIn(gpu, b)];
  if (numberOfB !== undefined && isOnGpu(gpu, a)) return withNumber(gpu, operator, a, numberOfB);
  if (numberOfA !== undefined && isOnGpu(gpu, b)) return withNumber(gpu, operator, b, numberOfA);
  const isPair = a.dataId !== b.dataId && isOnGpu(gpu, a) && isOnGpu(gpu, b) && sameShape(a.shape, b.shape);
  return isPair ? ofPair(gpu, operator, a, b) : undefined;
}

/** tfjs casts whole numbers and truth values to floats without changing what is stored; its own kernels look at that. */
function isStoredAsFloats(gpu: TfjsBackend, { dataId, dtype }: tf.TensorInfo): boolean {
  return dtype === 'float32' && gpu.tensorMap.get(dataId).dtype === 'float32';
}

/** The value of a scalar that is not on the GPU yet. */
function numberIn(gpu: TfjsBackend, { dataId, shape }: tf.TensorInfo): number | undefined {
  return shape.length === 0 ? gpu.tensorMap.get(dataId).values?.[0] : undefined;
}

function isOnGpu(gpu: TfjsBackend, { dataId }: tf.TensorInfo): boolean {
  return gpu.tensorMap.get(dataId).resource != null;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}

function withNumber(
  gpu: TfjsBackend,
  operator: BinaryOperator,
  a: tf.TensorInfo,
  number: number,
): tf.TensorInfo {
  const y = gpu.makeTensorInfo(a.shape, 'float32');
  const size = tf.util.sizeFromShape(a.shape);
  const type = widestType(size);
  const count = size / lanesOf(type);
  runKernel({
    key: `binary number ${operator} ${type}`,
    code: () => numberCode(operator, type),
    writes: [y],
    reads: [a],
    uniforms: { u32: [count], f32: [number] },
    workgroups: elementWorkgroups(count),
  });
  return y;
}

function ofPair(
  gpu: TfjsBackend,
  operator: BinaryOperator,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
): tf.TensorInfo {
  const y = gpu.makeTensorInfo(a.shape, 'float32');
  const size = tf.util.sizeFromShape(a.shape);
  const type = widestType(size);
  const count = size / lanesOf(type);
  runKernel({
    key: `binary pair ${operator} ${type}`,
    code: () => pairCode(operator, type),
    writes: [y],
    reads: [a, b],
    uniforms: { u32: [count] },
    workgroups: elementWorkgroups(count),
  });
  return y;
}
