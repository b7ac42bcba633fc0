/** A whole training step from stock tfjs operators: variableGrads, clipping by global norm, `tf.train.adam`. */
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../src/data/batch.ts';
import { uploadBatch } from '../../src/engine/t5/batchTensors.ts';
import type { T5Config } from '../../src/engine/t5/config.ts';
import { loraSpecs } from '../../src/engine/t5/spec.ts';
import { measuredRun, type RepeatedStep } from '../../src/training/repeatedStep.ts';
import type { Method } from '../graftStep.ts';
import { whenDone } from '../whenDone.ts';
import { plainLoss, type PlainPair, type PlainPass } from './plainT5.ts';

/** Gets a step ready on the present backend. `weights` stay the caller's. */
export function openPlainStep(
  config: T5Config,
  weights: ReadonlyMap<string, tf.Tensor>,
  method: Method,
  batch: Batch,
): RepeatedStep {
  const { lora, learningRate, adamBeta1, adamBeta2, adamEpsilon, maxGradNorm } = measuredRun(method);
  const adapter = new Map<string, PlainPair>();
  let used = weights;
  if (method === 'lora') {
    for (const { path, inSize, outSize } of loraSpecs(config, lora.targets)) {
      adapter.set(path, {
        a: tf.tidy(() => tf.variable(tf.randomUniform([lora.r, inSize], -0.05, 0.05))),
        b: tf.tidy(() => tf.variable(tf.zeros([outSize, lora.r]))),
        scaling: lora.alpha / lora.r,
      });
    }
  } else {
    used = new Map(
      [...weights].map(([name, tensor]) => [name, tf.tidy(() => tf.variable(tf.mul(tensor, 1)))]),
    );
  }
  const pass: PlainPass = { config, weights: used, adapter };
  const variables = (
    method === 'lora' ? [...adapter.values()].flatMap(({ a, b }) => [a, b]) : [...used.values()]
  ) as tf.Variable[];
  const optimizer = tf.train.adam(learningRate, adamBeta1, adamBeta2, adamEpsilon);

  return {
    async run() {
      const loss = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => plainLoss(pass, uploadBatch(batch)), variables);
        const squares = Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)));
        const scale = tf.minimum(1, tf.div(maxGradNorm, tf.add(tf.sqrt(tf.addN(squares)), 1e-6)));
        for (const name of Object.keys(grads)) grads[name] = tf.mul(grads[name]!, scale);
        optimizer.applyGradients(grads as unknown as Record<string, tf.Variable>); // as tfjs itself passes them
        return value;
      });
      const [mean] = await loss.data();
      loss.dispose();
      await whenDone();
      return mean!;
    },
    dispose() {
      tf.dispose(variables);
      optimizer.dispose();
    },
  };
}
