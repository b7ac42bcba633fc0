import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { tensorCount } from '../../src/engine/memory.ts';
import { kernelFolders } from '../../src/test/kernelFolders.ts';
import { openTestDevice } from '../../src/test/webgpuDevice.ts';
import { quickSizes } from './kernelLine.ts';
import { kernelLines } from './kernelLines.ts';

const device = await openTestDevice();

/** Decides on three numbers once a step. */
const withoutLine = ['stepControl'];

test('every folder of ops that runs a kernel has a line', () => {
  const folders = kernelFolders();
  const measured = new Set(kernelLines(quickSizes).map(({ op }) => op));
  expect(folders.filter((name) => !measured.has(name))).toEqual(withoutLine);
  expect([...measured].filter((op) => !folders.includes(op))).toEqual([]);
});

describe.skipIf(device === null)('on WebGPU', () => {
  test.each(kernelLines(quickSizes))('$name runs twice and leaves nothing', async ({ open }) => {
    await tf.setBackend('webgpu');
    const before = tensorCount();
    const line = open();
    const opened = tensorCount();
    for (let i = 0; i < 2; i++) {
      tf.dispose(tf.tidy(() => line.run()));
      expect(tensorCount()).toBe(opened);
    }
    line.dispose();
    expect(tensorCount()).toBe(before);
  });
});
