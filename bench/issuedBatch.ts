/** A training step that is issued again and again, to see what the issuing itself takes. */
import type { MicroBatch } from '../src/engine/optim/steps.ts';
import { uploadBatch } from '../src/engine/t5/batchTensors.ts';
import type { T5Config } from '../src/engine/t5/config.ts';
import { loss } from '../src/engine/t5/t5.ts';
import type { Trainables } from '../src/training/trainables.ts';
import { fullBatch, modelShapes } from './models.ts';

const dropoutRate = 0.1;
/** Widths hardly matter to what LoRA says to the GPU, and large weights take long to make. */
const narrow = { dModel: 64, dFf: 64, numHeads: 2, dKv: 16, vocabSize: 512 };

/** The shape of a model, or only its depth. */
export function issuedShape(model: string, isNarrow: boolean): T5Config {
  const shape: T5Config = modelShapes[model as keyof typeof modelShapes];
  return isNarrow ? { ...shape, ...narrow } : shape;
}

/** A pass with dropout over one row of four tokens: what runs on the GPU does not matter, only what is said to it. */
export function issuedBatch(
  config: T5Config,
  { weights, adapter }: Trainables,
): (seed: number) => MicroBatch {
  const batch = fullBatch(config, 1, 4, 4);
  return (seed) => ({
    key: 'the only shape',
    inputs: {
      arrays: [batch.inputIds, batch.inputMask, batch.decoderInputIds, batch.labels],
      seeds: [seed],
    },
    loss() {
      const pass = {
        config,
        weights,
        adapter: adapter === null ? null : { adapter, strength: 1, dropoutRate },
        dropoutRate,
        seed,
        recomputesBlocks: false,
      };
      return loss(pass, uploadBatch(batch), batch.labelTokenCount);
    },
  });
}
