/**
 * tfjs's WASM backend adds numbers up one after the other in float32, which loses what is small beside the sum so far: of the
 * squares of a million gradients, a thousandth. These add in double precision, like PyTorch's trees of partial sums to within
 * the last bit, in about the same time.
 */
import * as tf from '@tensorflow/tfjs';
import { replaceWasmKernel, type WasmBackend } from './wasmBackend.ts';

/** Puts Sum and Mean in tfjs's place. What is not float32 stays tfjs's. */
export function registerReductions(): void {
  register('Sum', () => 1);
  register('Mean', (length) => length);
}

/** Sums divided by what `divisor` says of the number of values in each. */
function register(kernelName: 'Sum' | 'Mean', divisor: (length: number) => number): void {
  replaceWasmKernel(kernelName, (stock) => ({
    kernelFunc(given) {
      const { x } = given.inputs as { x: tf.TensorInfo };
      const { axis, keepDims } = given.attrs as unknown as { axis: number | number[]; keepDims?: boolean };
      const axes = tf.util.parseAxisParam(axis, x.shape);
      const runs = runsOf(x.shape, axes);
      if (x.dtype !== 'float32' || runs === undefined) return stock.kernelFunc(given);
      const shape = x.shape.flatMap((length, i) => (!axes.includes(i) ? [length] : keepDims ? [1] : []));
      const wasm = given.backend as WasmBackend;
      // Allocating may grow the heap and move its memory: take views only afterwards.
      const output = wasm.makeOutput(shape, 'float32');
      const [values, sums] = [x, output].map((info) => wasm.typedArrayFromHeap(info) as Float32Array);
      addUp(values!, runs, divisor(runs.length), sums!);
      return output;
    },
  }));
}

/** A tensor as [outer, length, inner], of which `length` is added up. */
interface Runs {
  outer: number;
  length: number;
  inner: number;
}

/** Undefined where the axes do not lie side by side. */
function runsOf(shape: number[], axes: number[]): Runs | undefined {
  const sorted = axes.toSorted((a, b) => a - b);
  const first = sorted[0] ?? 0;
  if (sorted.some((axis, i) => axis !== first + i)) return undefined;
  const { sizeFromShape } = tf.util;
  return {
    outer: sizeFromShape(shape.slice(0, first)),
    length: sizeFromShape(shape.slice(first, first + sorted.length)),
    inner: sizeFromShape(shape.slice(first + sorted.length)),
  };
}

function addUp(
  values: Float32Array,
  { outer, length, inner }: Runs,
  divisor: number,
  out: Float32Array,
): void {
  if (inner === 1) {
    for (let o = 0; o < outer; o++) {
      let sum = 0;
      const end = (o + 1) * length;
      for (let i = o * length; i < end; i++) sum += values[i]!;
      out[o] = sum / divisor;
    }
    return;
  }
  const sums = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    sums.fill(0);
    for (let row = 0; row < length; row++) {
      const start = (o * length + row) * inner;
      for (let i = 0; i < inner; i++) sums[i]! += values[start + i]!;
    }
    for (let i = 0; i < inner; i++) out[o * inner + i] = sums[i]! / divisor;
  }
}
