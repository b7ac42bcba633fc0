import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { Progress } from '../lib/progress.ts';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { watchPipelines } from '../test/watchPipelines.ts';
import { compileAhead } from './compileAhead.ts';
import { openDevice } from './device.ts';
import { rmsNorm } from './ops/rmsNorm/rmsNorm.ts';
import { kernelsOf, queueIdle } from './runtime.ts';

const device = await openTestDevice();

describe.skipIf(device === null)('kernels compiled ahead', () => {
  test('are those that the work runs, and are not compiled again', async () => {
    const fresh = await openDevice('webgpu'); // with no kernel compiled yet
    const before = tf.memory().numTensors;
    const compiled = watchPipelines();
    const work = (): void => tf.tidy(() => void rmsNorm(tf.ones([2, 4]), tf.ones([4]), 1e-6));
    const kernels = kernelsOf(work);
    expect([...kernels.keys()]).toEqual(['rmsNorm invocation vec4<f32>']);
    expect([...compiled.keys()].filter((label) => kernels.has(label))).toEqual([]);
    await compileAhead(kernels, {});
    expect(compiled.get('rmsNorm invocation vec4<f32>')).toBe('ahead');
    work();
    await queueIdle();
    expect(compiled.get('rmsNorm invocation vec4<f32>')).toBe('ahead');
    expect(tf.memory().numTensors).toBe(before);
    expect(fresh.problem()).toBeUndefined();
    fresh.close();
  });

  test('are told one by one; one that the device does not take leaves no error', async () => {
    const fresh = await openDevice('webgpu');
    const told: Progress[] = [];
    const texts = new Map([
      ['good', () => '@compute @workgroup_size(1) fn main() {}'],
      ['bad', () => 'no WGSL'],
    ]);
    await compileAhead(texts, { onProgress: (progress) => told.push(progress) });
    expect(told.map(({ done, total }) => `${done} of ${total}`)).toEqual(['0 of 2', '1 of 2', '2 of 2']);
    await queueIdle();
    expect(fresh.problem()).toBeUndefined();
    fresh.close();
  });

  test('are given up when the job is aborted', async () => {
    const fresh = await openDevice('webgpu');
    const compiled = watchPipelines();
    const controller = new AbortController();
    const texts = new Map(
      Array.from({ length: 40 }, (_, i) => [`kernel ${i}`, () => '@compute @workgroup_size(1) fn main() {}']),
    );
    const work = compileAhead(texts, {
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 1) controller.abort(new Error('enough'));
      },
    });
    await expect(work).rejects.toThrow('enough');
    expect(compiled.size).toBeLessThan(20);
    fresh.close();
  });
});
