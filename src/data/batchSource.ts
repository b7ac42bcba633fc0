import type { Batch } from './batch.ts';
import { collate, type CollateOptions } from './collate.ts';
import {
  epochBatches,
  makeSampler,
  type SamplerOptions,
  type SamplerState,
  stepsPerEpoch,
} from './sampler.ts';
import type { TokenSet } from './tokenSet.ts';

/** The batches of a training run, one optimizer step at a time. */
export interface BatchSource {
  /**
   * The batches accumulated in the next optimizer step. The last step of an epoch has fewer when the accumulation
   * does not divide the epoch; a step never spans two epochs.
   */
  nextStep(): Batch[];
  readonly stepsPerEpoch: number;
  /** Fractional epoch after the 1-based optimizer step, as HF logs it: batches done over batches in an epoch. */
  epochAfter(step: number): number;
  /** Where the source stands after the steps given; make it anew with this to go on. */
  state(): SamplerState;
}

export type BatchSourceOptions = SamplerOptions & CollateOptions & { gradientAccumulationSteps: number };

/** The batches of a token set for training, starting at `options.state` or at the first epoch. */
export function makeBatchSource(tokens: TokenSet, options: BatchSourceOptions): BatchSource {
  const { gradientAccumulationSteps } = options;
  const sampler = makeSampler(tokens, options);
  const steps = stepsPerEpoch(options, tokens.exampleCount);
  return {
    stepsPerEpoch: steps,
    nextStep: () => {
      const left = sampler.batchesPerEpoch - sampler.state().position;
      const count = Math.min(gradientAccumulationSteps, left);
      return Array.from({ length: count }, () => collate(tokens, sampler.next(), options));
    },
    epochAfter: (step) => {
      const stepInEpoch = step % steps;
      return Math.floor(step / steps) + (stepInEpoch * gradientAccumulationSteps) / sampler.batchesPerEpoch;
    },
    state: () => sampler.state(),
  };
}

/** One pass over all examples, for evaluation: batches of like lengths, each example once, always in the same order. */
export function* onePass(
  tokens: TokenSet,
  options: CollateOptions & { batchSize: number },
): Generator<Batch, void, undefined> {
  if (tokens.exampleCount === 0) return;
  for (const indices of epochBatches(tokens, { ...options, order: 'bucketed', seed: 0 }, 0)) {
    yield collate(tokens, indices, options);
  }
}
