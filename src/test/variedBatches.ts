/** Batches of several shapes for runs that are compared with each other. */
import type { Batch } from '../data/batch.ts';
import type { BatchSource } from '../data/batchSource.ts';
import type { T5Config } from '../engine/t5/config.ts';
import { fullBatch } from '../training/repeatedStep.ts';

/** Micro-batches of three shapes in turn, each with its own tokens; some padding, and now and then a label not learned. */
export function variedBatches(config: T5Config, microBatches: number): BatchSource {
  let made = 0;
  const next = (): Batch => {
    const [inputLength, labelLength] = [
      [8, 4],
      [12, 4],
      [8, 8],
    ][made % 3]!;
    const batch = fullBatch(config, 2, inputLength!, labelLength!);
    const shift = (ids: Int32Array) => ids.map((id, i) => 2 + ((id + (i % 3) * (made % 5)) % 50));
    const labels = shift(batch.labels);
    labels[0] = made % 2 === 0 ? -100 : labels[0]!;
    const mask = batch.inputMask.map((_, i) => (i % inputLength! >= inputLength! - (made % 4) ? 0 : 1));
    made++;
    return {
      ...batch,
      inputIds: shift(batch.inputIds),
      inputMask: mask,
      labels,
      labelTokenCount: labels.filter((label) => label >= 0).length,
    };
  };
  return {
    stepsPerEpoch: 1000,
    nextStep: () => Array.from({ length: microBatches }, next),
    epochAfter: () => 0,
    state: () => ({ seed: 0, epoch: 0, position: 0 }),
  };
}
