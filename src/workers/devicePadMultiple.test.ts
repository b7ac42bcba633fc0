import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { collate, paddedLabelLength, paddedLength } from '../data/collate.ts';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { devicePadMultiple } from './devicePadMultiple.ts';

const device = await openTestDevice();

test('lengths off the GPU are padded to the next few tokens only', async () => {
  await tf.setBackend('cpu');
  const multiple = devicePadMultiple();
  expect([1, 5, 18, 51, 100].map((length) => paddedLength(length, multiple))).toEqual([4, 8, 24, 56, 104]);
  expect([1, 2, 5, 27].map((length) => paddedLabelLength(length, multiple))).toEqual([1, 2, 8, 32]);
  const tokens = {
    exampleCount: 1,
    inputIds: Int32Array.of(5, 6, 7, 8, 1),
    inputOffsets: Uint32Array.of(0, 5),
    labelIds: Int32Array.of(9, 9, 1),
    labelOffsets: Uint32Array.of(0, 3),
  };
  const batch = collate(tokens, [0], { padId: 0, decoderStartTokenId: 0, padMultiple: multiple });
  expect([batch.inputLength, batch.labelLength]).toEqual([8, 4]);
});

test.skipIf(device === null)('on a GPU they come in few steps', async () => {
  await tf.setBackend('webgpu');
  expect([1, 18, 51, 100].map((length) => paddedLength(length, devicePadMultiple()))).toEqual([
    32, 32, 64, 128,
  ]);
});
