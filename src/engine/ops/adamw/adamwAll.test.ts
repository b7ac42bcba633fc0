import * as tf from '@tensorflow/tfjs';
import { describe, expect, test, vi } from 'vitest';
import { floats, toTensor } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { openDeviceUpdater, openHostUpdater, type Updater } from '../../optim/updater.ts';
import { startState } from '../../optim/update.ts';
import { backend } from '../../tfjsBackend.ts';
import { readFresh } from '../../runtime.ts';
import type { AdamwState } from './adamw.ts';

const device = await openTestDevice();
const shapes: Record<string, number[]> = {
  'block.0.q.weight': [9, 7],
  'block.0.layer_norm.weight': [7],
  'block.1.wide.weight': [257, 512],
  'block.1.q.weight': [4, 16],
};
const options = {
  learningRate: 1e-2,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  weightDecay: 0.1,
};
/** Clipping multiplies by the norm, whose sum is formed in another order. */
const clippedTolerance = { atol: 1e-8, rtol: 1e-6 };

function makeStates(): Map<string, AdamwState> {
  return new Map(
    Object.entries(shapes).map(([name, shape], i) => {
      const parameter = tf.tidy(() => tf.variable(toTensor(floats(shape, i + 1))));
      return [name, startState(parameter)];
    }),
  );
}

/** Issues the steps without waiting between them; a step of `brokenAt` has an infinite gradient or loss. */
async function takeSteps(
  updater: Updater,
  count: number,
  maxGradNorm = 1,
  broken: Record<number, 'loss' | 'gradient'> = {},
) {
  let confirmed = 0;
  let waiting: Promise<unknown> = Promise.resolve();
  const numbers: number[][] = [];
  for (let step = 1; step <= count; step++) {
    const scale = broken[step] === 'gradient' ? Infinity : step;
    const gradients = new Map(
      Object.entries(shapes).map(([name, shape], i) => [
        name,
        tf.tidy(() => tf.mul(toTensor(floats(shape, 10 * step + i)), scale)),
      ]),
    );
    const loss = tf.scalar(broken[step] === 'loss' ? NaN : step);
    const before = waiting;
    waiting = updater
      .step(
        { loss, gradients: updater.join(gradients) },
        { ...options, maxGradNorm, updateNumber: confirmed + 1 },
      )
      .then(({ meanLoss, gradNorm }) => {
        numbers[step - 1] = [meanLoss, gradNorm];
        if (Number.isFinite(meanLoss) && Number.isFinite(gradNorm)) confirmed++;
      });
    await (updater.stepsInFlight === 1 ? waiting : before);
  }
  await waiting;
  return numbers;
}

async function valuesOf(states: ReadonlyMap<string, AdamwState>): Promise<Float32Array[]> {
  const variables = [...states.values()].flatMap(({ parameter, momentum, variance }) => [
    parameter,
    momentum,
    variance,
  ]);
  return Promise.all(variables.map((variable) => readFresh(variable)));
}

function disposeStates(states: ReadonlyMap<string, AdamwState>): void {
  for (const { parameter, momentum, variance } of states.values())
    tf.dispose([parameter, momentum, variance]);
}

describe.skipIf(device === null)('on WebGPU', () => {
  test.each([
    ['finite steps', 0, {}, { atol: 0, rtol: 1e-7 }],
    ['a NaN loss and an infinite gradient between', 0, { 2: 'loss', 4: 'gradient' }, { atol: 0, rtol: 1e-7 }],
    ['clipped', 1, { 3: 'loss' }, clippedTolerance],
  ] as const)('all at once = one by one: %s', async (_, maxGradNorm, broken, tolerance) => {
    await tf.setBackend('webgpu');
    const before = tf.memory().numTensors;
    const together = makeStates();
    const single = makeStates();
    const updater = openDeviceUpdater(together, 0);
    const host = openHostUpdater(single);
    const got = await takeSteps(updater, 6, maxGradNorm, broken);
    const wanted = await takeSteps(host, 6, maxGradNorm, broken);
    const isFinite = (row: readonly number[]) => row.every((x) => Number.isFinite(x));
    expect(got.map(isFinite)).toEqual(wanted.map(isFinite));
    const finite = (rows: readonly number[][]) => rows.filter(isFinite).flat();
    expect(finite(got)).toBeAllClose(finite(wanted), { atol: 0, rtol: 1e-6 });
    const wantedValues = await valuesOf(single);
    for (const [i, values] of (await valuesOf(together)).entries()) {
      expect(values).toBeAllClose(wantedValues[i]!, tolerance);
    }
    disposeStates(together);
    disposeStates(single);
    updater.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a parameter assigned between steps is updated from its new values', async () => {
    const together = makeStates();
    const single = makeStates();
    const updaters = [openDeviceUpdater(together, 0), openHostUpdater(single)] as const;
    for (const [i, states] of [together, single].entries()) {
      await takeSteps(updaters[i]!, 1);
      const { parameter } = states.get('block.0.q.weight')!;
      tf.tidy(() => parameter.assign(tf.ones(parameter.shape)));
    }
    // Both count one update more than the steps say, in the same way.
    await takeSteps(openDeviceUpdater(together, 0), 1);
    await takeSteps(updaters[1], 1);
    const wanted = await valuesOf(single);
    for (const [i, values] of (await valuesOf(together)).entries()) {
      expect(values).toBeAllClose(wanted[i]!, clippedTolerance);
    }
    disposeStates(together);
    disposeStates(single);
  });

  test('three small parameters and a large one take two dispatches', async () => {
    const states = makeStates();
    const updater = openDeviceUpdater(states, 0);
    await takeSteps(updater, 1);
    const gpu = backend();
    const encoder = gpu.device.createCommandEncoder();
    const pass = Object.getPrototypeOf(encoder.beginComputePass()) as GPUComputePassEncoder;
    const setPipeline = vi.spyOn(pass, 'setPipeline');
    await takeSteps(updater, 1);
    const labels = setPipeline.mock.calls.map(([{ label }]) => label);
    setPipeline.mockRestore();
    expect(labels.filter((label) => label.startsWith('adamw')).length).toBe(2);
    disposeStates(states);
    updater.dispose();
    expect(device!.problem()).toBeUndefined();
  });
});
