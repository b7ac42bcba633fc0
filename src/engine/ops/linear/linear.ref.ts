/** Products of batches of matrices in plain tfjs, for the reference versions of other ops. */
import * as tf from '@tensorflow/tfjs';
import { customGradient } from '../customGradient.ts';

/** x·Wᵀ, x [M,K], W [N,K] -> [M,N], differentiated by tfjs itself: the definition of correct for `linear`. */
export function linearReference(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(x, weight, false, true);
}

/** a·b over the last two dimensions; leading dimensions are equal. a [...,M,K], b [...,K,N] -> [...,M,N].
 *  Its gradient transposes explicitly: tfjs's WASM matmul is 11 to 13 times slower with its transpose flags. */
export function batchedMatmul<T extends tf.Tensor>(a: T, b: T): T {
  return customGradient([a, b] as const, (left, right) => ({
    value: product<T>(left, right),
    saved: [left, right],
    gradient: (dy, saved) => {
      const [l, r] = saved as [T, T];
      return [product(dy, swapLastTwo(r)), product(swapLastTwo(l), dy)];
    },
  }));
}

/** tfjs's WASM backend multiplies a batch of matrices with a plain loop, single ones with XNNPACK, several times as fast. */
function product<T extends tf.Tensor>(a: T, b: T): T {
  return tf.getBackend() === 'wasm' ? productOneByOne(a, b) : tf.matMul<T>(a, b);
}

/** As `tf.matMul` for equal leading dimensions, one matrix after the other. */
export function productOneByOne<T extends tf.Tensor>(a: T, b: T): T {
  return tf.tidy(() => {
    const lead = a.shape.slice(0, -2);
    const count = lead.reduce((size, dimension) => size * dimension, 1);
    const [m, k] = a.shape.slice(-2) as [number, number];
    const n = b.shape.at(-1)!;
    const left = tf.reshape(a, [count * m, k]);
    const right = tf.reshape(b, [count * k, n]);
    const products = Array.from({ length: count }, (_, i) =>
      tf.matMul(tf.slice(left, [i * m, 0], [m, k]), tf.slice(right, [i * k, 0], [k, n])),
    );
    return tf.reshape<tf.Rank>(tf.concat(products, 0), [...lead, m, n]) as T; // [...,M,N]
  });
}

function swapLastTwo(x: tf.Tensor): tf.Tensor {
  const order = x.shape.map((_, axis) => axis);
  return tf.transpose(x, [...order.slice(0, -2), x.rank - 1, x.rank - 2]);
}
