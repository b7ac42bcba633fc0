import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { openDevice } from './device.ts';

await openDevice('wasm');

/** The same product on a backend. */
async function product(
  backend: string,
  aShape: number[],
  bShape: number[],
  transposeB = false,
): Promise<Float32Array> {
  await tf.setBackend(backend);
  const wave = (shape: number[], step: number) =>
    tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(1 + i * step)),
      shape,
    );
  const c = tf.tidy(() => tf.matMul(wave(aShape, 0.7), wave(bShape, 1.3), false, transposeB));
  const values = (await c.data()) as Float32Array;
  c.dispose();
  return values;
}

test.each<[a: number[], b: number[], transposeB?: boolean]>([
  [
    [3, 5, 7],
    [3, 7, 2],
  ],
  [
    [2, 3, 4, 8],
    [2, 3, 8, 6],
  ],
  [
    [2, 1, 1, 1],
    [2, 1, 1, 9],
  ],
  [
    [1, 4, 3],
    [1, 3, 4],
  ],
  [
    [4, 3],
    [3, 4],
  ],
  [
    [2, 4, 3],
    [1, 3, 4],
  ], // broadcast: tfjs's own
  [[2, 4, 3], [2, 5, 3], true], // transposed: tfjs's own
])('%j times %j is the same as on the CPU backend', async (a, b, transposeB = false) => {
  const wanted = await product('cpu', a, b, transposeB);
  expect(await product('wasm', a, b, transposeB)).toBeAllClose(wanted, { atol: 1e-6, rtol: 1e-6 });
});

test('no tensor and no view stays behind', async () => {
  await tf.setBackend('wasm');
  const backend = tf.backend() as unknown as { numDataIds(): number };
  const before = [tf.memory().numTensors, backend.numDataIds()];
  const first = await product('wasm', [3, 5, 7], [3, 7, 2]);
  for (let i = 0; i < 50; i++) expect(await product('wasm', [3, 5, 7], [3, 7, 2])).toEqual(first);
  expect([tf.memory().numTensors, backend.numDataIds()]).toEqual(before);
});
