/** Floating point operations of a run as transformers' Trainer counts them (`total_flos`). Pure. */
import { countParameters, relativeBiasName, tensorSpecs } from '../engine/t5/spec.ts';
import type { T5Config } from '../engine/t5/config.ts';
import type { RunConfig } from './runConfig.ts';
import { countTrainable } from './trainableCount.ts';

/**
 * 6 · encoder positions · parameters without embeddings (Trainer.floating_point_ops). Positions count padding and leave the
 * decoder's out; embeddings are the token table and the position biases; an adapter's parameters count as well.
 */
export function totalFlos(model: T5Config, config: RunConfig, inputPositions: number): number {
  const embeddings = new Set(['shared.weight', relativeBiasName('encoder'), relativeBiasName('decoder')]);
  const embedded = tensorSpecs(model)
    .filter(({ name }) => embeddings.has(name))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const added = config.method === 'full' ? 0 : countTrainable(model, config);
  return 6 * inputPositions * (countParameters(model) - embedded + added);
}
