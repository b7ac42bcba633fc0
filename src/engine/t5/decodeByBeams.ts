/** Beam search for every prompt of a batch: scores of all beams in one step, then each prompt's own search. */
import * as tf from '@tensorflow/tfjs';
import {
  continuationCount,
  makeBeamSearch,
  type BeamSearch,
  type Continuation,
} from '../decoding/beamSearch.ts';
import { rankAll, type Ranking } from '../decoding/ranking.ts';
import { endedAnswer, type Generated, type OnIds } from '../decoding/rowCollector.ts';
import { drawDifferent, drawWeights } from '../decoding/sampling.ts';
import { deriveSeed, makePrng, type Prng } from '../../lib/prng.ts';
import type { DecodingRun } from './decodingRun.ts';
import { scoreRows, type RowScores } from './rowScores.ts';

/** The best answer to every prompt. */
export async function decodeByBeams(run: DecodingRun, onIds: OnIds | undefined): Promise<Generated[]> {
  const { session, options, endIds, signal } = run;
  const { numBeams } = options;
  const searches = Array.from({ length: session.rowCount / numBeams }, () => makeBeamSearch(options, endIds));
  const random = searches.map((_, row) => makePrng(deriveSeed(options.seed, `row ${row}`)));
  const count = continuationCount(numBeams, endIds.length);
  const scoring = { count, temperature: 1, asLogProbabilities: true, processors: options, endIds };
  let tokens = session.startTokens();
  try {
    while (searches.some((search) => !search.isDone())) {
      signal?.throwIfAborted();
      const histories = searches.flatMap((search) =>
        search.running().map(({ ids }) => [run.startId, ...ids]),
      );
      const scores = await scoreRows(
        tf.tidy(() => session.step(tokens)),
        histories,
        scoring,
      );
      try {
        for (const [prompt, search] of searches.entries()) {
          if (search.isDone()) continue;
          const rows = search.running().map((_, beam) => prompt * numBeams + beam);
          search.advance(
            options.doSample
              ? await drawContinuations(search, rows, scores, run, count, random[prompt]!)
              : bestContinuations(
                  search,
                  rows.map((row) => scores.top(row)),
                  count,
                ),
          );
          onIds?.(prompt, endedAnswer(search.best().ids, endIds).ids);
        }
      } finally {
        scores.dispose();
      }
      session.reorder(
        Int32Array.from(searches.flatMap((search, prompt) => rowParents(search, prompt, numBeams))),
      );
      tokens.dispose();
      const newest = searches.flatMap((search) => search.running().map(({ ids }) => ids.at(-1)!));
      tokens = tf.tensor1d(newest, 'int32');
    }
  } finally {
    tokens.dispose();
  }
  return searches.map((search) => endedAnswer(search.best().ids, endIds));
}

/** Which row each row of a prompt goes on from; those of a search that is over stay. */
function rowParents(search: BeamSearch, prompt: number, numBeams: number): number[] {
  return search.parents().map((parent, beam) => prompt * numBeams + (search.isDone() ? beam : parent));
}

/** The `count` likeliest continuations of all beams of a prompt. */
function bestContinuations(search: BeamSearch, rankings: readonly Ranking[], count: number): Continuation[] {
  return allContinuations(search, rankings)
    .sort((a, b) => b.score - a.score || 0)
    .slice(0, count);
}

/** `count` different continuations of all beams of a prompt, drawn by their probabilities. */
async function drawContinuations(
  search: BeamSearch,
  rows: readonly number[],
  scores: RowScores,
  { options, endIds }: DecodingRun,
  count: number,
  prng: Prng,
): Promise<Continuation[]> {
  const rankings: Ranking[] = [];
  for (const row of rows) {
    const ranking = rankAll(await scores.whole(row));
    const kept = drawWeights(ranking, options, endIds.length + 1)!.weights.length;
    const warped = Array.from(ranking.scores).slice(0, kept);
    rankings.push({
      ...ranking,
      scores: warped.map((score) => Math.fround(score / Math.fround(options.temperature))),
    });
  }
  const all = allContinuations(search, rankings);
  const scoresOfAll = all.map(({ score }) => score);
  return drawDifferent(scoresOfAll, count, prng).map((place) => all[place]!);
}

function allContinuations(search: BeamSearch, rankings: readonly Ranking[]): Continuation[] {
  return search.running().flatMap(({ score: before }, beam) =>
    Array.from(rankings[beam]!.scores, (score, place) => ({
      beam,
      id: rankings[beam]!.ids[place]!,
      score: Math.fround(before + score),
    })),
  );
}
