/**
 * Text generation: the encoder runs once, then the decoder one token at a time over cached keys and values, greedily, by
 * sampling or by beam search. The options are those of transformers' `generate`, and so are the answers.
 */
import { decodingOptions, type DecodingOptions } from '../decoding/decodingOptions.ts';
import { processesNothing } from '../decoding/logitsProcessors.ts';
import { collectRows, type Generated, type OnIds } from '../decoding/rowCollector.ts';
import { isWebgpu } from '../runtime.ts';
import { decodeByBeams } from './decodeByBeams.ts';
import { decodeGreedily } from './decodeGreedily.ts';
import { decodeBySampling, decodeGreedilyStepwise } from './decodeStepwise.ts';
import { startDecoding } from './decodingSession.ts';
import type { ForwardPass } from './forwardPass.ts';
import type { PromptBatch } from './promptBatch.ts';

/** Decoding options, those left out being transformers' defaults, and how the work is watched. */
export interface GenerateOptions extends Partial<DecodingOptions> {
  readonly signal?: AbortSignal;
  readonly onIds?: OnIds;
  /** Tokens that end an answer, where they are not the model's own `eosTokenId`. */
  readonly endIds?: readonly number[];
  /** Greedy steps between reads. More is faster, fewer streams smoother. */
  readonly readEvery?: number;
}

const DEFAULT_READ_EVERY = 8;

/** Generates for every row of a batch. Throws `signal.reason` when stopped; frees everything either way. */
export async function generate(
  pass: ForwardPass,
  prompts: PromptBatch,
  {
    signal,
    onIds,
    readEvery = DEFAULT_READ_EVERY,
    endIds = [pass.config.eosTokenId],
    ...given
  }: GenerateOptions,
): Promise<Generated[]> {
  const options = decodingOptions(given);
  const collector = collectRows(prompts.size, endIds, onIds);
  if (options.maxNewTokens < 1) return collector.rows();
  const session = startDecoding(pass, prompts, options.maxNewTokens, options.numBeams);
  const run = { session, options, endIds, startId: pass.config.decoderStartTokenId, readEvery, signal };
  try {
    if (options.numBeams > 1) return await decodeByBeams(run, onIds);
    if (options.doSample) await decodeBySampling(run, collector);
    else if (isWebgpu() || processesNothing(options)) await decodeGreedily(run, collector);
    else await decodeGreedilyStepwise(run, collector);
    return collector.rows();
  } finally {
    session.dispose();
  }
}
