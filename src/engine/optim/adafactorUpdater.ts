/** The end of a step with Adafactor: loss and norm are read, then all parameters are updated, if both are finite. */
import * as tf from '@tensorflow/tfjs';
import { adafactorStep, type AdafactorState } from '../ops/adafactor/adafactor.ts';
import { clipScale, globalNorm } from '../ops/globalNorm/globalNorm.ts';
import { readFresh } from '../runtime.ts';
import { hasWeightDecay } from './decay.ts';
import type { UpdateOptions } from './update.ts';
import type { Updater } from './updater.ts';

/** An updater of one step at a time; `options.adafactor` of its steps must be given. */
export function openAdafactorUpdater(states: ReadonlyMap<string, AdafactorState>): Updater {
  return {
    stepsInFlight: 1,
    join: (gradients) => gradients,
    async step({ loss, gradients }, options) {
      const norm = globalNorm([...gradients.values()]);
      try {
        const [meanLoss, gradNorm] = [(await readFresh(loss))[0]!, (await readFresh(norm))[0]!];
        if (Number.isFinite(meanLoss) && Number.isFinite(gradNorm)) {
          updateAll(states, gradients, norm, options);
        }
        return { meanLoss, gradNorm };
      } finally {
        tf.dispose([loss, norm, ...gradients.values()]);
      }
    },
    dispose: () => undefined,
  };
}

function updateAll(
  states: ReadonlyMap<string, AdafactorState>,
  gradients: ReadonlyMap<string, tf.Tensor>,
  norm: tf.Scalar,
  { adafactor, learningRate, weightDecay, maxGradNorm, updateNumber }: UpdateOptions,
): void {
  if (adafactor === undefined) throw new Error('Adafactor needs its settings.');
  const gradientScale = maxGradNorm > 0 ? clipScale(norm, maxGradNorm) : null;
  for (const [name, state] of states) {
    adafactorStep(state, gradients.get(name)!, {
      ...adafactor,
      learningRate,
      weightDecay: hasWeightDecay(name) ? weightDecay : 0,
      step: updateNumber,
      gradientScale,
    });
  }
  gradientScale?.dispose();
}
