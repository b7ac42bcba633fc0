/** Beam search on a language small enough to be searched whole. Its agreement with transformers: generateGolden.test.ts. */
import { expect, test } from 'vitest';
import { DECODING_DEFAULTS } from './decodingOptions.ts';
import {
  continuationCount,
  makeBeamSearch,
  type BeamOptions,
  type BeamSearch,
  type Continuation,
} from './beamSearch.ts';

const END = 1;
const VOCABULARY = 4;

/** log-probability of a token after others: fixed, irregular, and normalised. */
function logProbability(ids: readonly number[], id: number): number {
  const raw = (token: number): number =>
    2 * Math.sin(7 * token + ids.reduce((sum, x, i) => sum + (i + 3) * x, 1));
  const total = Array.from({ length: VOCABULARY }, (_, token) => Math.exp(raw(token))).reduce(
    (a, b) => a + b,
  );
  return raw(id) - Math.log(total);
}

function continuations(search: BeamSearch, count: number): Continuation[] {
  return search
    .running()
    .flatMap(({ ids, score }, beam) =>
      Array.from({ length: VOCABULARY }, (_, id) => ({
        beam,
        id,
        score: Math.fround(score + logProbability(ids, id)),
      })),
    )
    .sort((a, b) => b.score - a.score)
    .slice(0, count);
}

function search(options: Partial<BeamOptions>): { ids: readonly number[]; score: number; steps: number } {
  const all = { ...DECODING_DEFAULTS, maxNewTokens: 5, ...options };
  const beams = makeBeamSearch(all, [END]);
  let steps = 0;
  for (; !beams.isDone(); steps++) beams.advance(continuations(beams, continuationCount(all.numBeams, 1)));
  return { ...beams.best(), steps };
}

/** The best of all answers of at most five tokens. */
function bestOfAll(lengthPenalty: number): { ids: number[]; score: number } {
  let best = { ids: [] as number[], score: -Infinity };
  const visit = (ids: number[], score: number): void => {
    if (ids.at(-1) === END || ids.length === 5) {
      const final = score / ids.length ** lengthPenalty;
      if (final > best.score) best = { ids, score: final };
      return;
    }
    for (let id = 0; id < VOCABULARY; id++) visit([...ids, id], score + logProbability(ids, id));
  };
  visit([], 0);
  return best;
}

test.each([0, 1, 2])(
  'with beams enough for all answers it finds the best one, length penalty %i',
  (lengthPenalty) => {
    const best = bestOfAll(lengthPenalty);
    const found = search({ numBeams: 243, lengthPenalty, earlyStopping: 'never' });
    expect(found.ids).toEqual(best.ids);
    expect(found.score).toBeCloseTo(best.score, 5);
  },
);

test('one beam takes the likeliest token each time', () => {
  const ids: number[] = [];
  while (ids.length < 5 && ids.at(-1) !== END) {
    const scores = Array.from({ length: VOCABULARY }, (_, id) => logProbability(ids, id));
    ids.push(scores.indexOf(Math.max(...scores)));
  }
  // A single beam of a search may also end an answer that greedy decoding passes by; here it does not.
  expect(search({ numBeams: 1 }).ids).toEqual(ids);
});

test('stopping early takes no more steps than going on while an answer may get better', () => {
  const steps = ([true, false, 'never'] as const).map(
    (earlyStopping) => search({ numBeams: 2, earlyStopping, lengthPenalty: 0, maxNewTokens: 12 }).steps,
  );
  expect(steps[0]).toBeLessThanOrEqual(steps[1]!);
  expect(steps[1]).toBeLessThanOrEqual(steps[2]!);
  expect(steps[2]).toBeLessThan(12);
});

test('beams know which beam they continue', () => {
  const beams = makeBeamSearch({ ...DECODING_DEFAULTS, numBeams: 2 }, [END]);
  beams.advance([
    { beam: 0, id: 3, score: -1 },
    { beam: 0, id: END, score: -1.5 },
    { beam: 0, id: 2, score: -2 },
    { beam: 0, id: 0, score: -4 },
  ]);
  expect(beams.running()).toEqual([
    { ids: [3], score: -1 },
    { ids: [2], score: -2 },
  ]);
  expect(beams.best()).toMatchObject({ ids: [END], score: -1.5 });
  beams.advance([
    { beam: 1, id: 0, score: -2.1 },
    { beam: 0, id: 2, score: -2.2 },
    { beam: 1, id: 3, score: -2.3 },
    { beam: 0, id: 0, score: -2.4 },
  ]);
  expect(beams.parents()).toEqual([1, 0]);
  expect(beams.running().map(({ ids }) => ids)).toEqual([
    [2, 0],
    [3, 2],
  ]);
});
