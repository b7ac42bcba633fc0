/** The plain version and the kernels against the loop of transformers' Adafactor in double precision. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, test } from 'vitest';
import { floats, toTensor } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { openAdafactorUpdater } from '../../optim/adafactorUpdater.ts';
import { openAdafactorOnDevice } from '../../optim/updater.ts';
import { readFresh, setReductionStyle } from '../../runtime.ts';
import { startAdafactorState } from './adafactor.ts';

const device = await openTestDevice();
const settings = {
  scalesByParameter: true,
  isRelativeStep: false,
  hasWarmupInit: false,
  clipThreshold: 0.9,
  decayRate: -0.8,
  squareEpsilon: 1e-30,
  scaleEpsilon: 1e-3,
};
/** So high that a step is as large as the parameter. */
const learningRate = 0.5;
const [weightDecay, stepCount] = [0.1, 2];
const tolerance = { parameter: { atol: 5e-7, rtol: 2e-6 }, memory: { atol: 0, rtol: 2e-6 } };

/** A matrix and how many updates were made before. */
interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly updates: number;
  /** All values alike, so that every addition to a long sum is rounded the same way. */
  readonly isConstant: boolean;
}

const cases: readonly Case[] = [
  { rows: 7, columns: 9, updates: 0, isConstant: false },
  { rows: 60, columns: 30, updates: 100_000, isConstant: false },
  { rows: 20_000, columns: 3, updates: 0, isConstant: true },
  { rows: 3, columns: 20_000, updates: 0, isConstant: true },
];
const backends = device === null ? (['cpu'] as const) : (['cpu', 'invocation', 'workgroup'] as const);

describe.each(backends)('%s', (backend) => {
  afterEach(() => {
    if (backend !== 'cpu') setReductionStyle('invocation');
  });

  // Twenty thousand workgroups take a software adapter half a minute.
  test.each(cases.filter(({ rows }) => backend !== 'workgroup' || rows < 10_000))(
    '$rows×$columns after $updates updates, constant $isConstant: two steps in double precision',
    async (one) => {
      await tf.setBackend(backend === 'cpu' ? 'cpu' : 'webgpu');
      if (backend !== 'cpu') setReductionStyle(backend);
      const parameter = tf.tidy(() => tf.variable(toTensor({ ...shapeOf(one), values: valuesOf(one, 0) })));
      const state = startAdafactorState(parameter);
      const states = new Map([['x.weight', state]]);
      const updater =
        backend === 'cpu' ? openAdafactorUpdater(states) : openAdafactorOnDevice(states, one.updates);
      for (let step = 1; step <= stepCount; step++) {
        const gradient = toTensor({ ...shapeOf(one), values: valuesOf(one, step) });
        await updater.step(
          { loss: tf.scalar(1), gradients: updater.join(new Map([['x.weight', gradient]])) },
          {
            ...adamwOptions,
            learningRate,
            weightDecay,
            adafactor: settings,
            updateNumber: one.updates + step,
          },
        );
      }
      const wanted = plainAdafactor(one);
      for (const [i, variable] of Object.values<tf.Variable>(state).entries()) {
        const part = i === 0 ? 'parameter' : 'memory';
        expect(await readFresh(variable)).toBeAllClose(wanted[i]!, tolerance[part]);
      }
      updater.dispose();
      tf.dispose(Object.values<tf.Variable>(state));
      expect(device?.problem()).toBeUndefined();
    },
  );
});

/** Of no effect here. */
const adamwOptions = { adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8, maxGradNorm: 0 };

const shapeOf = ({ rows, columns }: Case) => ({ shape: [rows, columns] });

/** Of the parameter (0) or the gradient of a step. */
function valuesOf({ rows, columns, isConstant }: Case, step: number): Float32Array {
  if (isConstant) return new Float32Array(rows * columns).fill(0.1 * (step + 1));
  return floats([rows, columns], 10 * step).values as Float32Array;
}

/** Parameter, means of rows and means of columns after the steps. */
function plainAdafactor(one: Case): Float64Array[] {
  const { rows, columns, updates } = one;
  const size = rows * columns;
  const parameter = Float64Array.from(valuesOf(one, 0));
  const rowMeans = new Float64Array(rows);
  const columnMeans = new Float64Array(columns);
  for (let step = 1; step <= stepCount; step++) {
    const gradient = valuesOf(one, step);
    const share = (updates + step) ** settings.decayRate;
    for (let row = 0; row < rows; row++) rowMeans[row]! *= 1 - share;
    for (let column = 0; column < columns; column++) columnMeans[column]! *= 1 - share;
    for (let i = 0; i < size; i++) {
      const square = gradient[i]! ** 2 + settings.squareEpsilon;
      rowMeans[Math.floor(i / columns)]! += (share * square) / columns;
      columnMeans[i % columns]! += (share * square) / rows;
    }
    const mean = rowMeans.reduce((sum, x) => sum + x) / rows;
    const direction = parameter.map(
      (_, i) =>
        gradient[i]! / Math.sqrt((rowMeans[Math.floor(i / columns)]! / mean) * columnMeans[i % columns]!),
    );
    const clip = Math.max(1, rootMeanSquare(direction) / settings.clipThreshold);
    const rate = learningRate * Math.max(settings.scaleEpsilon, rootMeanSquare(parameter));
    for (let i = 0; i < size; i++) {
      parameter[i]! -= rate * (weightDecay * parameter[i]! + direction[i]! / clip);
    }
  }
  return [parameter, rowMeans, columnMeans];
}

function rootMeanSquare(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
