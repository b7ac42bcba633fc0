/** Kernels between gradients and updated parameters. */
import * as tf from '@tensorflow/tfjs';
import { addInPlace, zeros } from '../../src/engine/ops/accumulate/accumulate.ts';
import { startAdafactorState } from '../../src/engine/ops/adafactor/adafactor.ts';
import { AdafactorGroups, adafactorCorrections } from '../../src/engine/ops/adafactor/adafactorAll.ts';
import { AdamwGroups } from '../../src/engine/ops/adamw/adamwAll.ts';
import { globalNorm } from '../../src/engine/ops/globalNorm/globalNorm.ts';
import { hasNonFinite } from '../../src/engine/ops/hasNonFinite/hasNonFinite.ts';
import { adamwCorrections, decideStep } from '../../src/engine/ops/stepControl/stepControl.ts';
import { kernelLine, type KernelLine, type LineSizes, type OpenLine } from './kernelLine.ts';

export function updateLines({ rows, width }: LineSizes): KernelLine[] {
  const matrix = 4 * rows * width;
  const given = () => tf.randomUniform<tf.Rank.R2>([rows, width], -1, 1);
  const two = (op: (x: tf.Tensor, y: tf.Tensor) => tf.TensorContainer) => (): OpenLine => {
    const inputs = [given(), given()] as const;
    return { run: () => op(...inputs), dispose: () => tf.dispose([...inputs]) };
  };
  const line = (op: string, matrices: number, open: () => OpenLine): KernelLine =>
    kernelLine(op, '', { bytes: matrices * matrix }, open);
  return [
    line('accumulate', 3, two(addInPlace)),
    line('binary', 3, two(tf.add)),
    line(
      'globalNorm',
      2,
      two((x, y) => globalNorm([x, y])),
    ),
    line(
      'hasNonFinite',
      1,
      two((x) => hasNonFinite(x)),
    ),
    line('adamw', 7, () => adamwLine(given())),
    line('adafactor', 3, () => adafactorLine(given())),
  ];
}

const settings = { learningRate: 1e-3, weightDecay: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** The parameter, its gradient and two moments are read, and all but the gradient written. */
function adamwLine(gradient: tf.Tensor2D): OpenLine {
  const own = () => tf.tidy(() => tf.variable(zeros(gradient.shape)));
  const state = { parameter: own(), momentum: own(), variance: own() };
  const groups = new AdamwGroups([{ name: 'weight', state, decays: true }]);
  const control = controlOf(adamwCorrections(settings.beta1, settings.beta2));
  const [joined] = groups.join(new Map([['weight', gradient]]));
  return {
    run: () => groups.update([joined!], control, settings),
    dispose: () => tf.dispose([joined!, control, ...Object.values(state)]),
  };
}

/** The parameter and its gradient are read, and the parameter written. */
function adafactorLine(gradient: tf.Tensor2D): OpenLine {
  const options = {
    ...settings,
    scalesByParameter: true,
    isRelativeStep: false,
    hasWarmupInit: false,
    clipThreshold: 1,
    decayRate: -0.8,
    squareEpsilon: 1e-30,
    scaleEpsilon: 1e-3,
  };
  const state = startAdafactorState(tf.tidy(() => tf.variable(zeros(gradient.shape))));
  const groups = new AdafactorGroups([{ name: 'weight', state, decays: true }]);
  const control = controlOf(adafactorCorrections(options));
  const [joined] = groups.join(new Map([['weight', gradient]]));
  return {
    run: () => groups.update([joined!], control, options),
    dispose() {
      groups.dispose();
      tf.dispose([joined!, control, ...Object.values<tf.Variable>(state)]);
    },
  };
}

/** The decision of a first step whose loss and gradients are finite. */
function controlOf(corrections: (t: number) => [number, number]): tf.Tensor1D {
  return tf.tidy(() =>
    decideStep(tf.scalar(1), tf.scalar(2), tf.tensor1d([0], 'int32'), {
      ...settings,
      corrections,
      maxGradNorm: 1,
      leastUpdateNumber: 1,
      stepsBefore: 0,
    }),
  );
}
