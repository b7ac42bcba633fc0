/** A device that is lost between a replayed step's commands and its numbers. */
import * as tf from '@tensorflow/tfjs';
import { expect, test, vi } from 'vitest';
import { openDevice } from '../engine/device.ts';
import { backend } from '../engine/tfjsBackend.ts';
import { Recording } from '../engine/replay/recording.ts';
import { loadGoldenModel } from '../test/golden/goldenModel.ts';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { DEFAULT_RUN_CONFIG } from './presets.ts';
import { fullBatch } from './repeatedStep.ts';
import { sft, type SftEvent } from './sft.ts';
import { openTrainables } from './trainables.ts';

const gpu = await openTestDevice();
const lostAfter = 10;

test.skipIf(gpu === null)('a run ends by itself, says why, and its last checkpoint stands', async () => {
  const device = await openDevice('webgpu');
  await tf.setBackend('webgpu');
  const base = await loadGoldenModel('gated');
  const config = { ...DEFAULT_RUN_CONFIG, saveSteps: 4 };
  const trainables = openTrainables(base, config);
  const batch = fullBatch(base.config, 2, 8, 4);
  const events: SftEvent[] = [];
  const replay = vi.spyOn(Recording.prototype, 'replay');
  const run = async (): Promise<void> => {
    const recipe = sft({
      config,
      trainables,
      batches: {
        stepsPerEpoch: 100,
        nextStep: () => [batch],
        epochAfter: () => 0,
        state: () => ({ seed: 0, epoch: 0, position: 0 }),
      },
      validation: null,
      totalSteps: 100,
      problem: () => device.problem(),
    });
    for await (const event of recipe) {
      events.push(event);
      // The next step's commands are on their way by now.
      if (event.kind === 'step' && event.metrics.step === lostAfter) backend().device.destroy();
    }
  };
  await expect(run()).rejects.toThrow(
    /^Step 1[01]: The connection to the GPU was lost: .+\. The last checkpoint is that of step 8\. /,
  );
  expect(replay.mock.calls.length).toBeGreaterThan(4);
  await device.lost;
  expect(device.problem()?.code).toBe('gpu-lost');
  const steps = events.flatMap((event) => (event.kind === 'step' ? [event.metrics] : []));
  expect(steps.at(-1)!.step).toBeLessThanOrEqual(lostAfter + 1);
  expect(steps.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  const checkpoints = events.flatMap((event) => (event.kind === 'checkpoint' ? [event.progress.step] : []));
  expect(checkpoints).toEqual([4, 8]);
});
