/** Cases of the ops between gradients and updated parameters. None has a gradient. */
import * as tf from '@tensorflow/tfjs';
import { accumulate, zeros } from '../ops/accumulate/accumulate.ts';
import { adafactorStep, startAdafactorState, type AdafactorState } from '../ops/adafactor/adafactor.ts';
import { AdafactorGroups, adafactorCorrections } from '../ops/adafactor/adafactorAll.ts';
import { AdamwGroups } from '../ops/adamw/adamwAll.ts';
import { adamwStep, type AdamwState } from '../ops/adamw/adamw.ts';
import { globalNorm } from '../ops/globalNorm/globalNorm.ts';
import { hasNonFinite } from '../ops/hasNonFinite/hasNonFinite.ts';
import { adamwCorrections, decideStep } from '../ops/stepControl/stepControl.ts';
import { SUM_TOLERANCE as tolerance, type CaseMakers } from './opCase.ts';

const settings = { learningRate: 1e-2, weightDecay: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const corrections = adamwCorrections(settings.beta1, settings.beta2);

export const updateCases: CaseMakers = {
  accumulate: (draw) => {
    const shape = [draw.size(40), draw.width(60)];
    return {
      sizes: shape.join('×'),
      inputs: [draw.floats(shape), draw.floats(shape)],
      isForwardOnly: true,
      tolerance,
      run: (first, second) => {
        const sum = ownVariable(zeros(first.shape));
        accumulate(sum, first);
        accumulate(sum, second);
        return contentOf([sum]);
      },
    };
  },
  globalNorm: (draw) => {
    const shapes = [[draw.size(70), draw.width(70)], [draw.size(300)], [1]];
    return {
      sizes: shapes.map((shape) => shape.join('×')).join(', '),
      inputs: shapes.map((shape) => draw.floats(shape)),
      isForwardOnly: true,
      tolerance,
      run: (...gradients) => globalNorm(gradients),
    };
  },
  hasNonFinite: (draw) => {
    const values = draw.floats([draw.size(300)], 1e38);
    const withOne = (odd: number): tf.Tensor => {
      const all = values.values.slice();
      all[all.length - 1] = odd;
      return tf.tensor1d(all);
    };
    return {
      sizes: `${values.values.length} values, ∞ and NaN among them`,
      inputs: [values],
      isForwardOnly: true,
      tolerance: 0,
      run: (x) => tf.stack([x, withOne(-Infinity), withOne(NaN)].map(hasNonFinite)),
      reference: () => tf.tensor1d([0, 1, 1]),
    };
  },
  stepControl: (draw) => {
    const [loss, norm] = [draw.floats([]), draw.floats([], 4)].map(({ shape, values }) => ({
      shape,
      values: values.map((value) => 1 + Math.abs(value)),
    })) as [{ shape: number[]; values: Float32Array }, { shape: number[]; values: Float32Array }];
    const [maxGradNorm, t, lossScale] = [1.5, draw.size(50), draw.size(200)];
    const wanted = [
      1,
      Math.min(1, maxGradNorm / (norm.values[0]! + 1e-6)) / lossScale,
      1 / (1 - settings.beta1 ** t),
      1 / Math.sqrt(1 - settings.beta2 ** t),
      loss.values[0]!,
      norm.values[0]!,
      settings.learningRate,
      1 - settings.learningRate * settings.weightDecay,
    ];
    return {
      sizes: `update ${t}, and two steps that are not finite`,
      inputs: [loss, norm],
      isForwardOnly: true,
      tolerance,
      // Each number as a share of the right one: they differ in size by thousands.
      run: (...[lossNow, normNow]) => {
        const updates = tf.tensor1d([t - 1], 'int32');
        const decide = (l: tf.Tensor, n: tf.Tensor): tf.Tensor1D =>
          decideStep(tf.mul(l, lossScale), tf.mul(n, lossScale), updates, {
            ...settings,
            lossScale,
            corrections,
            maxGradNorm,
            leastUpdateNumber: t,
            stepsBefore: 1,
          });
        const lost = decide(tf.scalar(NaN), normNow!);
        const made = decide(lossNow!, normNow!);
        const burst = decide(lossNow!, tf.scalar(Infinity));
        return tf.concat([
          tf.div(made, tf.tensor1d(wanted)),
          tf.slice(lost, [0], [1]),
          tf.slice(burst, [0], [1]),
          tf.div(tf.cast(updates, 'float32'), t),
        ]);
      },
      reference: () => tf.tensor1d([...wanted.map(() => 1), 0, 0, 1]),
    };
  },
  'adamw, one parameter': (draw) => {
    const count = draw.width(500);
    return {
      sizes: `${count} parameters, 3 steps`,
      inputs: [draw.floats([count]), draw.floats([count])],
      isForwardOnly: true,
      tolerance,
      run: (start, gradient) => {
        const state = stateFrom(start);
        for (let step = 1; step <= 3; step++) {
          adamwStep(state, gradient, { ...settings, step, gradientScale: null });
        }
        return contentOf([state.parameter], Object.values(state));
      },
    };
  },
  'adamw, all together': (draw) => {
    const shapes = [[draw.size(20), draw.width(40)], [draw.size(60)]];
    return {
      sizes: `${shapes.map((shape) => shape.join('×')).join(' and ')} parameters, 3 steps`,
      inputs: [...shapes, ...shapes].map((shape) => draw.floats(shape)),
      isForwardOnly: true,
      tolerance,
      run: (...[matrix, vector, ...gradients]) => {
        const members = [matrix!, vector!].map((start, i) => ({
          name: `${i}`,
          state: stateFrom(start),
          decays: i === 0,
        }));
        const groups = new AdamwGroups(members);
        const updates = tf.tensor1d([0], 'int32');
        for (let step = 1; step <= 3; step++) {
          const joined = groups.join(new Map(gradients.map((gradient, i) => [`${i}`, tf.mul(gradient, 1)])));
          const control = decideStep(tf.scalar(1), tf.scalar(2), updates, {
            ...settings,
            corrections,
            maxGradNorm: 1,
            leastUpdateNumber: step,
            stepsBefore: 0,
          });
          groups.update(joined, control, settings);
        }
        const states = members.map(({ state }) => state);
        return contentOf(
          states.map(({ parameter }) => parameter),
          states.flatMap((state) => Object.values(state) as tf.Variable[]),
        );
      },
      reference: (...[matrix, vector, ...gradients]) => {
        const gradientScale = tf.scalar(1 / (2 + 1e-6));
        const states = [matrix!, vector!].map((start, i) => {
          const state = stateFrom(start);
          const weightDecay = i === 0 ? settings.weightDecay : 0;
          for (let step = 1; step <= 3; step++) {
            adamwStep(state, gradients[i]!, { ...settings, weightDecay, step, gradientScale });
          }
          return state;
        });
        return contentOf(
          states.map(({ parameter }) => parameter),
          states.flatMap((state) => Object.values(state) as tf.Variable[]),
        );
      },
    };
  },
  'adafactor, all together': (draw) => {
    const shapes = [[draw.size(70), draw.width(70)], [draw.size(60)]];
    return {
      sizes: `${shapes.map((shape) => shape.join('×')).join(' and ')} parameters, 3 steps`,
      inputs: [...shapes, ...shapes].map((shape) => draw.floats(shape)),
      isForwardOnly: true,
      tolerance,
      run: (...[matrix, vector, ...gradients]) => {
        const members = [matrix!, vector!].map((start, i) => ({
          name: `${i}`,
          state: startAdafactorState(ownVariable(tf.mul(start, 1))),
          decays: i === 0,
        }));
        const groups = new AdafactorGroups(members);
        const updates = tf.tensor1d([0], 'int32');
        for (let step = 1; step <= 3; step++) {
          const joined = groups.join(new Map(gradients.map((gradient, i) => [`${i}`, tf.mul(gradient, 1)])));
          const control = decideStep(tf.scalar(1), tf.scalar(2), updates, {
            ...adafactorSettings,
            corrections: adafactorCorrections(adafactorSettings),
            maxGradNorm: 1,
            leastUpdateNumber: step,
            stepsBefore: 0,
          });
          groups.update(joined, control, adafactorSettings);
        }
        groups.dispose();
        return adafactorContent(members.map(({ state }) => state));
      },
      reference: (...[matrix, vector, ...gradients]) => {
        const gradientScale = tf.scalar(1 / (2 + 1e-6));
        const states = [matrix!, vector!].map((start, i) => {
          const state = startAdafactorState(ownVariable(tf.mul(start, 1)));
          const weightDecay = i === 0 ? adafactorSettings.weightDecay : 0;
          for (let step = 1; step <= 3; step++) {
            adafactorStep(state, gradients[i]!, { ...adafactorSettings, weightDecay, step, gradientScale });
          }
          return state;
        });
        return adafactorContent(states);
      },
    };
  },
};

/** T5's own, with a weight decay. */
const adafactorSettings = {
  learningRate: 1e-2,
  weightDecay: 0.1,
  scalesByParameter: true,
  isRelativeStep: true,
  hasWarmupInit: false,
  clipThreshold: 1,
  decayRate: -0.8,
  squareEpsilon: 1e-30,
  scaleEpsilon: 1e-3,
};

function adafactorContent(states: readonly AdafactorState[]): tf.Tensor1D {
  return contentOf(
    states.map(({ parameter }) => parameter),
    states.flatMap((state) => Object.values<tf.Variable>(state)),
  );
}

function stateFrom(start: tf.Tensor): AdamwState {
  return {
    parameter: ownVariable(tf.mul(start, 1)),
    momentum: ownVariable(zeros(start.shape)),
    variance: ownVariable(zeros(start.shape)),
  };
}

/** A variable alone on the tensor's buffer, as kernels that write in place demand; takes the tensor over. */
function ownVariable(tensor: tf.Tensor): tf.Variable {
  const variable = tf.variable(tensor);
  tensor.dispose();
  return variable;
}

/** The values of variables one after another; the variables, and `others`, are disposed. */
function contentOf(variables: readonly tf.Variable[], others: readonly tf.Variable[] = []): tf.Tensor1D {
  const values = tf.concat(variables.map((variable) => tf.reshape(tf.mul(variable, 1), [-1])));
  tf.dispose([...variables, ...others]);
  return values as tf.Tensor1D;
}
