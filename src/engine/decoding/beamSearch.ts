/**
 * Beam search over one prompt, step by step as `_beam_search` of transformers does it for a whole batch: which answers go on,
 * which are whole, and when none can get better. Scores are sums of log-probabilities, rounded to float32 at each step as
 * there, so that equal scores are equal here too. Pure: whoever calls computes the scores of the next tokens.
 */
import type { DecodingOptions } from './decodingOptions.ts';

export type BeamOptions = Pick<
  DecodingOptions,
  'numBeams' | 'earlyStopping' | 'lengthPenalty' | 'maxNewTokens'
>;

/** A possible next token of one beam. */
export interface Continuation {
  readonly beam: number;
  readonly id: number;
  /** log-probability of the whole answer with it. */
  readonly score: number;
}

export interface BeamSearch {
  /** Answers that go on, best first, always `numBeams`: their tokens without the start token. */
  running(): readonly Beam[];
  /** For each running beam, which beam of the step before it continues. */
  parents(): readonly number[];
  /** Takes the best `continuationCount` continuations of all beams, in the order they were chosen. */
  advance(continuations: readonly Continuation[]): void;
  /** Nothing can change the result any more. */
  isDone(): boolean;
  /** The best whole answer; the best so far while none is whole. */
  best(): Beam;
}

export interface Beam {
  readonly ids: readonly number[];
  /** Running: log-probability. Whole: divided by length ** lengthPenalty. */
  readonly score: number;
}

interface FinishedBeam extends Beam {
  readonly isWhole: boolean;
}

/** A score below all real ones, as transformers writes it. */
const NEVER = -1e9;

/** How many continuations a step takes: enough that `numBeams` of them do not end, whatever ends. */
export function continuationCount(numBeams: number, endIdCount: number): number {
  return Math.max(2, 1 + endIdCount) * numBeams;
}

/** A search that has not begun: only its first beam counts, so that not all follow the same answer. */
export function makeBeamSearch(options: BeamOptions, endIds: readonly number[]): BeamSearch {
  const { numBeams, earlyStopping, lengthPenalty, maxNewTokens } = options;
  let running: Beam[] = Array.from({ length: numBeams }, (_, i) => ({ ids: [], score: i === 0 ? 0 : NEVER }));
  let parents: number[] = Array.from({ length: numBeams }, () => 0);
  let finished: FinishedBeam[] = running.map(() => ({ ids: [], score: NEVER, isWhole: false }));
  let canImprove = true;
  let length = 0;

  const isFull = (): boolean => earlyStopping === true && finished.every(({ isWhole }) => isWhole);

  const finish = (grown: readonly (Beam & { ends: boolean })[]): void => {
    const divisor = Math.fround(length ** lengthPenalty);
    const penalty = (isFull() ? 1 : 0) + (canImprove ? 0 : 1);
    const added = grown.map(({ ids, score, ends }, place) => {
      const isWhole = ends && place < numBeams;
      let final = Math.fround(score / divisor);
      for (let i = 0; i < penalty + (isWhole ? 0 : 1); i++) final = Math.fround(final + NEVER);
      return { ids, score: final, isWhole };
    });
    finished = bestOf([...finished, ...added], numBeams);
  };

  const mayImprove = (): boolean => {
    const reachable = earlyStopping === 'never' && lengthPenalty > 0 ? maxNewTokens : length;
    const hoped = Math.fround(running[0]!.score / Math.fround(reachable ** lengthPenalty));
    const worst = Math.min(...finished.map(({ score }) => score));
    return finished.some(({ isWhole }) => hoped > (isWhole ? worst : NEVER));
  };

  return {
    running: () => running,
    parents: () => parents,
    advance(continuations) {
      length++;
      const grown = continuations.map(({ beam, id, score }) => ({
        beam,
        ids: [...running[beam]!.ids, id],
        score,
        ends: endIds.includes(id) || length >= maxNewTokens,
      }));
      const going = bestOf(
        grown.map((one) => (one.ends ? { ...one, score: Math.fround(one.score + NEVER) } : one)),
        numBeams,
      );
      running = going.map(({ ids, score }) => ({ ids, score }));
      parents = going.map(({ beam }) => beam);
      finish(grown);
      canImprove &&= mayImprove();
    },
    isDone: () => !canImprove || isFull() || length >= maxNewTokens,
    best: () => (finished[0]!.score > NEVER / 2 ? finished[0]! : running[0]!),
  };
}

/** The `count` highest scores, the earlier one first among equals. */
function bestOf<Scored extends { readonly score: number }>(all: readonly Scored[], count: number): Scored[] {
  return [...all].sort((a, b) => b.score - a.score || 0).slice(0, count);
}
