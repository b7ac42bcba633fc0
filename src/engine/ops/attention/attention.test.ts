import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { evaluate, differences, expectParity, floats, type Input } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { attention, type AttentionOptions } from './attention.ts';

const device = await openTestDevice();
const tolerance = { atol: 3e-6, rtol: 1e-5 };
/** Of heads of 128: their scores reach 30, and the last bit of one moves its probability by 2e-6. */
const wideTolerance = { atol: 1.2e-5, rtol: 1e-5 };

interface Sizes {
  batch: number;
  heads: number;
  queryLength: number;
  keyLength: number;
  headSize: number;
}
type Extras = Partial<Pick<AttentionOptions, 'causal' | 'dropoutRate' | 'seed'>> & {
  mask?: 'int32' | 'float32';
};

/** Sequence b keeps all but its last b·2 keys. */
function maskOf({ batch, keyLength }: Sizes): number[] {
  return Array.from({ length: batch * keyLength }, (_, i) => {
    const b = Math.floor(i / keyLength);
    return i % keyLength < keyLength - b * 2 ? 1 : 0;
  });
}

function opFor(sizes: Sizes, { mask, causal = false, dropoutRate = 0, seed = 5 }: Extras) {
  return (query: tf.Tensor2D, key: tf.Tensor2D, value: tf.Tensor2D, bias?: tf.Tensor4D): tf.Tensor2D => {
    const keyMask =
      mask === undefined ? null : tf.tensor2d(maskOf(sizes), [sizes.batch, sizes.keyLength], mask);
    const { headSize: _, ...rest } = sizes;
    return attention(
      { query, key, value },
      { ...rest, bias: bias ?? null, keyMask, causal, dropoutRate, seed },
    );
  };
}

function inputsFor({ batch, heads, queryLength, keyLength, headSize }: Sizes, hasBias: boolean): Input[] {
  const width = heads * headSize;
  return [
    floats([batch * queryLength, width], 1, 1.5),
    floats([batch * keyLength, width], 2, 1.5),
    floats([batch * keyLength, width], 3),
    ...(hasBias ? [floats([1, heads, queryLength, keyLength], 4)] : []),
  ];
}

/** Attention by its definition, in double precision. */
function plainAttention(sizes: Sizes, inputs: Input[], causal: boolean, mask: number[] | null): number[] {
  const { batch, heads, queryLength, keyLength, headSize } = sizes;
  const [query, key, value, bias] = inputs.map((input) => input.values);
  const width = heads * headSize;
  const context = Array.from({ length: batch * queryLength * width }, () => 0);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let q = 0; q < queryLength; q++) {
        const row = (b * queryLength + q) * width + h * headSize;
        const scores = Array.from({ length: keyLength }, (_, s) => {
          if ((causal && s > q) || mask?.[b * keyLength + s] === 0) return -3.4e38;
          let score = bias?.[(h * queryLength + q) * keyLength + s] ?? 0;
          for (let d = 0; d < headSize; d++) {
            score += query![row + d]! * key![(b * keyLength + s) * width + h * headSize + d]!;
          }
          return score;
        });
        const highest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - highest));
        const sum = weights.reduce((a, w) => a + w, 0);
        for (let d = 0; d < headSize; d++) {
          for (let s = 0; s < keyLength; s++) {
            context[row + d]! +=
              (weights[s]! / sum) * value![(b * keyLength + s) * width + h * headSize + d]!;
          }
        }
      }
    }
  }
  return context;
}

const small: Sizes = { batch: 2, heads: 2, queryLength: 3, keyLength: 3, headSize: 4 };

test('the reference follows the definition', async () => {
  const inputs = inputsFor(small, true);
  const { value } = await evaluate('cpu', opFor(small, { causal: true, mask: 'int32' }), inputs);
  expect(value).toBeAllClose(plainAttention(small, inputs, true, maskOf(small)), { atol: 1e-6, rtol: 1e-5 });
});

test.each([0, 1, 2, 3])('the gradient of input %i is central differences', async (which) => {
  const op = opFor(small, { mask: 'float32', dropoutRate: 0.3 });
  const { claimed, measured } = await differences(op, inputsFor(small, true), which);
  expect(claimed).toBeAllClose(measured, { atol: 3e-3, rtol: 3e-3 });
});

test('a sequence without any key averages its values', async () => {
  const sizes = { batch: 1, heads: 1, queryLength: 1, keyLength: 2, headSize: 2 };
  const inputs = inputsFor(sizes, false);
  const op = (query: tf.Tensor2D, key: tf.Tensor2D, value: tf.Tensor2D): tf.Tensor2D =>
    attention(
      { query, key, value },
      { ...sizes, bias: null, keyMask: tf.zeros([1, 2]), causal: false, dropoutRate: 0, seed: 0 },
    );
  const { value } = await evaluate('cpu', op, inputs);
  const [a, b, c, d] = inputs[2]!.values;
  expect(value).toBeAllClose([(a! + c!) / 2, (b! + d!) / 2], { atol: 1e-6, rtol: 1e-6 });
  if (device !== null) await expectParity(op, inputs, tolerance);
});

describe.skipIf(device === null)('on WebGPU', () => {
  const shapes: Sizes[] = [
    { batch: 2, heads: 3, queryLength: 8, keyLength: 12, headSize: 16 },
    { batch: 3, heads: 2, queryLength: 7, keyLength: 7, headSize: 4 },
    { batch: 1, heads: 1, queryLength: 1, keyLength: 1, headSize: 1 },
    { batch: 2, heads: 2, queryLength: 20, keyLength: 36, headSize: 8 },
    { batch: 2, heads: 1, queryLength: 5, keyLength: 9, headSize: 6 },
    { batch: 2, heads: 2, queryLength: 1, keyLength: 11, headSize: 8 },
    { batch: 2, heads: 2, queryLength: 13, keyLength: 1, headSize: 8 },
    { batch: 1, heads: 2, queryLength: 9, keyLength: 70, headSize: 128 },
    { batch: 1, heads: 2, queryLength: 33, keyLength: 72, headSize: 128 },
    { batch: 2, heads: 2, queryLength: 5, keyLength: 530, headSize: 8 },
  ];
  test.each(shapes)('kernel = reference for %o', async (sizes) => {
    const allowed = sizes.headSize < 128 ? tolerance : wideTolerance;
    await expectParity(opFor(sizes, { mask: 'int32' }), inputsFor(sizes, true), allowed);
    expect(device!.problem()).toBeUndefined();
  });

  test.each<[string, boolean]>([
    ['with its bias trained', true],
    ['without bias', false],
  ])('a mask over all keys but one leaves that key, %s', async (_, hasBias) => {
    const sizes = { batch: 2, heads: 2, queryLength: 6, keyLength: 10, headSize: 8 };
    const onlyKey = [7, 0];
    const mask = Array.from({ length: 20 }, (__, i) => (i % 10 === onlyKey[Math.floor(i / 10)] ? 1 : 0));
    const inputs = inputsFor(sizes, hasBias);
    const op = (query: tf.Tensor2D, key: tf.Tensor2D, value: tf.Tensor2D, bias?: tf.Tensor4D): tf.Tensor2D =>
      attention(
        { query, key, value },
        {
          ...sizes,
          bias: bias ?? null,
          keyMask: tf.tensor2d(mask, [2, 10], 'int32'),
          causal: false,
          dropoutRate: 0,
          seed: 0,
        },
      );
    const { value } = await expectParity(op, inputs, tolerance);
    const values = inputs[2]!.values;
    const wanted = Array.from(value, (__, i) => {
      const batch = Math.floor(i / (6 * 16));
      return values[(batch * 10 + onlyKey[batch]!) * 16 + (i % 16)]!;
    });
    expect(value).toBeAllClose(wanted, { atol: 0, rtol: 1e-6 });
  });

  test.each<[string, Extras, boolean]>([
    ['nothing extra', {}, false],
    ['causal with bias', { causal: true }, true],
    ['causal with a float mask', { causal: true, mask: 'float32' }, false],
    ['dropout', { dropoutRate: 0.25, seed: 77 }, true],
    ['a step of decoding, causal, S > Q', { causal: true }, true],
    ['everything', { dropoutRate: 0.1, seed: 9, causal: true, mask: 'int32' }, true],
  ])('kernel = reference with %s', async (what, extras, hasBias) => {
    const keyLength = what.startsWith('a step') ? 11 : 8;
    const sizes = { batch: 2, heads: 2, queryLength: 8, keyLength, headSize: 8 };
    await expectParity(opFor(sizes, extras), inputsFor(sizes, hasBias), tolerance);
    expect(device!.problem()).toBeUndefined();
  });

  test('a frozen bias takes part without a gradient', async () => {
    const inputs = inputsFor(small, true);
    const trained = await evaluate('webgpu', opFor(small, {}), inputs);
    const bias = tf.tensor4d(inputs[3]!.values, [1, 2, 3, 3]);
    const { headSize: _, ...rest } = small;
    const options = { ...rest, keyMask: null, causal: false, dropoutRate: 0, seed: 0 };
    const op = (query: tf.Tensor2D, key: tf.Tensor2D, value: tf.Tensor2D): tf.Tensor2D =>
      attention({ query, key, value }, { ...options, bias, biasFrozen: true });
    const frozen = await evaluate('webgpu', op, inputs.slice(0, 3));
    bias.dispose();
    expect(frozen.value).toEqual(trained.value);
    expect(frozen.gradients).toEqual(trained.gradients.slice(0, 3));
    expect(device!.problem()).toBeUndefined();
  });
});
