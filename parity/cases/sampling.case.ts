/**
 * What is drawn from after temperature, top-k and top-p, against transformers' logits processors. Where the nucleus ends among
 * equal scores, torch.sort takes any of them: there the scores and their number are compared, not the ids.
 */
import { rankAll, rankTop, type Ranking } from '../../src/engine/decoding/ranking.ts';
import { drawWeights, type DrawWeights } from '../../src/engine/decoding/sampling.ts';
import { compareCounts, compareNumbers } from '../lib/compare.ts';
import type { TensorFile } from '../lib/folder.ts';
import type { Line, ParityCase } from '../lib/parityCase.ts';

/** As many as leave the device. */
const LISTED = 64;

/**
 * What all tokens weigh comes from scores over the temperature before these are rounded to float32; at a score of 64 the
 * rounding is up to 3.8e-6, and moves a probability by as much.
 */
const LISTED_TOLERANCE = 5e-6;

interface Group {
  readonly width: number;
  readonly cases: readonly Drawing[];
}

interface Drawing {
  readonly name: string;
  readonly temperature: number;
  readonly top_k: number;
  readonly top_p: number;
  readonly keep: number;
  /** Float32 and float64 keep other tokens. */
  readonly doubtful: boolean;
}

/** What a comparison of some draws found. */
interface Found {
  compared: number;
  same: number;
  largestError: number;
}

const samplingCase: ParityCase = {
  usesDevice: false,
  async *run(folder) {
    const rows = await folder.openTensors('rows.safetensors');
    for (const { width, cases } of await folder.json<Group[]>('groups.json')) {
      const certain = cases.filter(({ doubtful }) => !doubtful);
      const left = cases.length - certain.length;
      const label = `${width} tokens${left === 0 ? '' : ` (${left} draws hang on rounding)`}`;
      yield* linesOf(`${label}, whole rows`, await compareDraws(rows, certain, null), cases.length / 2, 1e-6);
      if (width > LISTED) {
        const found = await compareDraws(rows, certain, LISTED);
        yield* linesOf(`${label}, the ${LISTED} best`, found, cases.length / 4, LISTED_TOLERANCE);
      }
    }
  },
};

export default samplingCase;

/** Draws from the whole row, or from the `listed` best where those can tell. */
async function compareDraws(
  rows: TensorFile,
  cases: readonly Drawing[],
  listed: number | null,
): Promise<Found> {
  const found: Found = { compared: 0, same: 0, largestError: 0 };
  for (const { name, temperature, keep, ...drawing } of cases) {
    const scores = await rows.read(`scores ${name}`);
    const wanted = await rows.read(`shares ${name}`);
    const ranking = listed === null ? rankAll(scores, temperature) : rankTop(scores, listed, temperature);
    const draw = drawWeights(ranking, { temperature, topK: drawing.top_k, topP: drawing.top_p }, keep);
    if (draw === null) continue; // the whole row is asked for
    // Without top-k and top-p every token may be drawn, also those that are not listed.
    const isOpenEnded = !ranking.isWhole && drawing.top_k === 0 && drawing.top_p === 1;
    const theirs = likeliest(scores, wanted).slice(0, isOpenEnded ? listed! : Infinity);
    const ours = oursOf(scores, draw, ranking);
    found.compared++;
    const isSame = ours.length === theirs.length && ours.every(({ score }, i) => score === theirs[i]!.score);
    found.same += isSame ? 1 : 0;
    for (const [i, { share }] of ours.entries()) {
      found.largestError = Math.max(found.largestError, Math.abs(share - (theirs[i]?.share ?? 0)));
    }
  }
  return found;
}

/** A token that may be drawn, by its score: equal scores stand for each other. */
interface Drawable {
  readonly score: number;
  readonly share: number;
}

/** The tokens of some probability, likeliest first. */
function likeliest(scores: Float32Array, shares: Float32Array): Drawable[] {
  const drawable = Array.from(scores, (score, id) => ({ score, share: shares[id]! }));
  return drawable.filter(({ share }) => share > 0).sort((a, b) => b.score - a.score);
}

/** Ours likewise; what float32 rounds to 0 is not drawn by transformers either. */
function oursOf(scores: Float32Array, { weights, total }: DrawWeights, { ids }: Ranking): Drawable[] {
  const drawable = Array.from(weights, (weight, place) => ({
    score: scores[ids[place]!]!,
    share: Math.fround(weight / total),
  }));
  return drawable.filter(({ share }) => share > 0);
}

function linesOf(
  label: string,
  { compared, same, largestError }: Found,
  least: number,
  tolerance: number,
): Line[] {
  const kept = compareCounts(`${label}: draws that keep the same scores`, same, compared);
  return [
    compared < least ? { ...kept, reference: `at least ${least}`, error: Infinity } : kept,
    compareNumbers(`${label}: probabilities`, largestError, 0, tolerance),
  ];
}
