/**
 * tfjs's WASM backend takes the hyperbolic tangent one value at a time, 17 times as slow as XNNPACK's sigmoid: a tenth of a
 * training step. This is tanh(x) = 2·sigmoid(2x) - 1, within 2e-7 of it; near zero that is no longer relative to the value,
 * which T5's GELU, its only user, does not see, as it adds 1.
 */
import * as tf from '@tensorflow/tfjs';
import { replaceWasmKernel } from './wasmBackend.ts';

/** Puts the kernel in tfjs's place. What is not float32 stays tfjs's. */
export function registerTanh(): void {
  replaceWasmKernel('Tanh', (stock) => ({
    kernelFunc(given) {
      const x = given.inputs['x']!;
      if (x.dtype !== 'float32') return stock.kernelFunc(given);
      return tf.tidy(() => tf.sub(tf.mul(tf.sigmoid(tf.mul(x as tf.Tensor, 2)), 2), 1));
    },
  }));
}
