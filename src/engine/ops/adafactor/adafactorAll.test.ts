import * as tf from '@tensorflow/tfjs';
import { describe, expect, test, vi } from 'vitest';
import { floats, reductionStyles, toTensor } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { openAdafactorUpdater } from '../../optim/adafactorUpdater.ts';
import type { UpdateOptions } from '../../optim/update.ts';
import { openAdafactorOnDevice, openUpdater, type Updater } from '../../optim/updater.ts';
import { readFresh, setReductionStyle } from '../../runtime.ts';
import { backend } from '../../tfjsBackend.ts';
import { startAdafactorState, type AdafactorState } from './adafactor.ts';
import { adafactorTable } from './adafactorTable.ts';

const device = await openTestDevice();
/** The wide one is in a group of its own; of its tiles some are not full. */
const shapes: Record<string, number[]> = {
  'block.0.q.weight': [9, 7],
  'block.0.layer_norm.weight': [7],
  'block.1.wide.weight': [257, 515],
  'block.1.narrow.weight': [70, 3],
  'block.1.row.weight': [1, 130],
  'block.1.one.weight': [1],
};
const relative = {
  scalesByParameter: true,
  isRelativeStep: true,
  hasWarmupInit: false,
  clipThreshold: 1,
  decayRate: -0.8,
  squareEpsilon: 1e-30,
  scaleEpsilon: 1e-3,
};
const options = {
  learningRate: 1e-2,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 0,
  adafactor: relative,
} satisfies Omit<UpdateOptions, 'updateNumber'>;
const fixed = { ...relative, scalesByParameter: false, isRelativeStep: false, clipThreshold: 0.5 };
/** Sums over some hundred values are formed in another order than tfjs's. */
const tolerance = { atol: 1e-7, rtol: 5e-6 };

function makeStates(): Map<string, AdafactorState> {
  return new Map(
    Object.entries(shapes).map(([name, shape], i) => {
      const parameter = tf.tidy(() => tf.variable(toTensor(floats(shape, i + 1))));
      return [name, startAdafactorState(parameter)];
    }),
  );
}

/** Issues the steps without waiting between them; a step of `broken` has an infinite gradient or no loss. */
async function takeSteps(
  updater: Updater,
  count: number,
  config: Omit<UpdateOptions, 'updateNumber'>,
  broken: Record<number, 'loss' | 'gradient'> = {},
): Promise<void> {
  let confirmed = 0;
  let waiting: Promise<unknown> = Promise.resolve();
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
      .step({ loss, gradients: updater.join(gradients) }, { ...config, updateNumber: confirmed + 1 })
      .then(({ meanLoss, gradNorm }) => {
        if (Number.isFinite(meanLoss) && Number.isFinite(gradNorm)) confirmed++;
      });
    await (updater.stepsInFlight === 1 ? waiting : before);
  }
  await waiting;
}

const variablesOf = (states: ReadonlyMap<string, AdafactorState>): tf.Variable[] =>
  [...states.values()].flatMap((state) => Object.values<tf.Variable>(state));

describe.skipIf(device === null)('on WebGPU', () => {
  test.each([
    ['relative steps', {}, {}],
    ['with warm-up', { adafactor: { ...relative, hasWarmupInit: true } }, {}],
    ['a fixed rate, clipped', { adafactor: fixed, maxGradNorm: 1 }, {}],
    ['a NaN loss and an infinite gradient between', {}, { 2: 'loss', 4: 'gradient' }],
  ] as const)('all at once = one by one in all styles: %s', async (_, changed, broken) => {
    await tf.setBackend('webgpu');
    const config = { ...options, ...changed };
    for (const style of reductionStyles) {
      setReductionStyle(style);
      const before = tf.memory().numTensors;
      const [together, single] = [makeStates(), makeStates()];
      const updater = openAdafactorOnDevice(together, 0);
      await takeSteps(updater, 5, config, broken);
      await takeSteps(openAdafactorUpdater(single), 5, config, broken);
      const wanted = variablesOf(single);
      for (const [i, variable] of variablesOf(together).entries()) {
        expect(await readFresh(variable)).toBeAllClose(await readFresh(wanted[i]!), tolerance);
      }
      tf.dispose([...variablesOf(together), ...wanted]);
      updater.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
    setReductionStyle('invocation');
    expect(device!.problem()).toBeUndefined();
  });

  test('five small parameters and a large one take fourteen dispatches', async () => {
    const states = makeStates();
    const updater = openAdafactorOnDevice(states, 0);
    await takeSteps(updater, 1, options);
    const pass = Object.getPrototypeOf(
      backend().device.createCommandEncoder().beginComputePass(),
    ) as GPUComputePassEncoder;
    const setPipeline = vi.spyOn(pass, 'setPipeline');
    await takeSteps(updater, 1, options);
    const labels = setPipeline.mock.calls.map(([{ label }]) => label);
    setPipeline.mockRestore();
    expect(labels.filter((label) => label.startsWith('adafactor')).length).toBe(14);
    tf.dispose(variablesOf(states));
    updater.dispose();
  });

  test('a parameter of three dimensions is left to the plain version', async () => {
    await tf.setBackend('webgpu');
    const state = startAdafactorState(tf.variable(tf.ones([2, 3, 4])));
    const updater = openUpdater(new Map([['x', state]]), 0);
    expect('update' in updater).toBe(false);
    const step = { loss: tf.scalar(1), gradients: new Map([['x', tf.ones([2, 3, 4])]]) };
    await updater.step(step, { ...options, updateNumber: 1 });
    expect((await readFresh(state.parameter))[0]).toBeLessThan(1);
    tf.dispose(Object.values<tf.Variable>(state));
  });
});

test('the table gives each row its member, each member its offsets, each tile its corner', () => {
  const members = [
    { rows: 2, columns: 65, decays: true },
    { rows: 1, columns: 5, decays: false },
    { rows: 66, columns: 1, decays: false },
  ];
  const { table, tiles, topTiles, rowCount, sumCount } = adafactorTable(members);
  expect(rowCount).toBe(69);
  expect([...table.subarray(0, 4)]).toEqual([0, 0, 1, 2]);
  const member = (m: number): number[] => [...table.subarray(rowCount + 8 * m, rowCount + 8 * m + 8)];
  expect(member(0)).toEqual([0, 2, 65, 0, 0, 0, 0, 1]);
  expect(member(1)).toEqual([192, 1, 5, 64, 128, 2, 65, 0]); // parts begin at multiples of 64
  expect(member(2)).toEqual([256, 66, 1, 128, 192, 3, 70, 0]);
  expect([...tiles]).toEqual([0, 0, 0, 0, 0, 64, 1, 0, 0, 2, 0, 0, 2, 64, 0]);
  expect([...topTiles]).toEqual([0, 0, 0, 0, 0, 64, 1, 0, 0, 2, 0, 0]);
  expect(sumCount).toBe(72);
});
