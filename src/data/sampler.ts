import { deriveSeed, makePrng, shuffle } from '../lib/prng.ts';
import type { RunConfig } from '../training/runConfig.ts';
import { paddedLabelLength, paddedLength } from './collate.ts';
import type { TokenSet } from './tokenSet.ts';

/** `given`: as the examples come; `shuffled`: at random; `bucketed`: at random, batches of like padded lengths. */
export type SampleOrder = 'given' | 'shuffled' | 'bucketed';

/** Where a sampler stands. The batches of an epoch follow from seed and epoch alone, so nothing else is stored. */
export interface SamplerState {
  seed: number;
  /** 0-based. */
  epoch: number;
  /** Batches of this epoch already given. */
  position: number;
}

/** Gives batches of example indices without end: each epoch has every example exactly once. */
export interface Sampler {
  readonly batchesPerEpoch: number;
  /** The next batch; the last or any one of an epoch may be shorter than `batchSize`. */
  next(): Uint32Array;
  state(): SamplerState;
}

export interface SamplerOptions {
  batchSize: number;
  order: SampleOrder;
  seed: number;
  /** Goes on from here; its seed wins over `seed`. */
  state?: SamplerState;
}

/** A sampler over the examples of a token set. */
export function makeSampler(tokens: TokenSet, options: SamplerOptions): Sampler {
  const batchesPerEpoch = Math.ceil(tokens.exampleCount / options.batchSize);
  if (!(batchesPerEpoch >= 1))
    throw new RangeError(`There are no batches of ${options.batchSize} in ${tokens.exampleCount} examples.`);
  const seed = options.state?.seed ?? options.seed;
  let epoch = options.state?.epoch ?? 0;
  let position = options.state?.position ?? 0;
  let batches: Uint32Array[] | undefined;
  return {
    batchesPerEpoch,
    next: () => {
      batches ??= epochBatches(tokens, { ...options, seed }, epoch);
      const batch = batches[position]!;
      position++;
      if (position === batchesPerEpoch) {
        epoch++;
        position = 0;
        batches = undefined;
      }
      return batch;
    },
    state: () => ({ seed, epoch, position }),
  };
}

/** All batches of one epoch as example indices. */
export function epochBatches(
  tokens: TokenSet,
  { batchSize, order, seed }: Omit<SamplerOptions, 'state'>,
  epoch: number,
): Uint32Array[] {
  let indices = Uint32Array.from({ length: tokens.exampleCount }, (_, i) => i);
  const prng = makePrng(deriveSeed(seed, `epoch ${epoch}`));
  if (order !== 'given') shuffle(indices, prng);
  if (order === 'bucketed') indices = sortByShape(tokens, indices);
  const batches: Uint32Array[] = [];
  for (let i = 0; i < indices.length; i += batchSize) batches.push(indices.slice(i, i + batchSize));
  if (order !== 'bucketed') return batches;
  return Array.from(shuffle(Uint32Array.from(batches.keys()), prng), (index) => batches[index]!);
}

/**
 * Stable sort by padded lengths: what shares a shape keeps its shuffled order, so batches differ between epochs. The lengths are
 * those of GPUs on every device, so that a run may go on elsewhere.
 */
function sortByShape(tokens: TokenSet, indices: Uint32Array): Uint32Array<ArrayBuffer> {
  const shapes = new Float64Array(tokens.exampleCount);
  for (let i = 0; i < tokens.exampleCount; i++) {
    const input = paddedLength(tokens.inputOffsets[i + 1]! - tokens.inputOffsets[i]!);
    const label = paddedLabelLength(tokens.labelOffsets[i + 1]! - tokens.labelOffsets[i]!);
    shapes[i] = input * 2 ** 24 + label;
  }
  return Uint32Array.from(Array.from(indices).sort((a, b) => shapes[a]! - shapes[b]!));
}

type StepSettings = Pick<RunConfig, 'batchSize' | 'gradientAccumulationSteps'>;

/**
 * Optimizer steps in one epoch: batches (the short one counts) over accumulation, rounded up, at least 1.
 * Reference: transformers Trainer, `num_update_steps_per_epoch`.
 */
export function stepsPerEpoch(
  { batchSize, gradientAccumulationSteps }: StepSettings,
  exampleCount: number,
): number {
  return Math.max(1, Math.ceil(Math.ceil(exampleCount / batchSize) / gradientAccumulationSteps));
}

/** Optimizer steps of a run: `maxSteps` when above 0, else epochs × steps per epoch, rounded up. */
export function totalSteps(
  config: StepSettings & Pick<RunConfig, 'epochs' | 'maxSteps'>,
  exampleCount: number,
): number {
  return config.maxSteps > 0
    ? config.maxSteps
    : Math.ceil(config.epochs * stepsPerEpoch(config, exampleCount));
}
