/** What every way of decoding works with. */
import type { DecodingOptions } from '../decoding/decodingOptions.ts';
import type { DecodingSession } from './decodingSession.ts';

export interface DecodingRun {
  readonly session: DecodingSession;
  readonly options: DecodingOptions;
  /** Tokens that end an answer. */
  readonly endIds: readonly number[];
  /** The token every answer starts from; it counts as one that occurred. */
  readonly startId: number;
  /** Greedy steps between reads. */
  readonly readEvery: number;
  readonly signal: AbortSignal | undefined;
}
