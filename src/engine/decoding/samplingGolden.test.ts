/** What is drawn from after temperature, top-k and top-p, against transformers' logits warpers. */
import { expect, test } from 'vitest';
import {
  caseTitle,
  fromJson,
  fromPython,
  type GoldenProcessors,
} from '../../test/golden/generation/decodingCase.ts';
import { goldenJson } from '../../test/golden/goldenJson.ts';
import { decodingOptions } from './decodingOptions.ts';
import { rankAll, rankTop, type Ranking } from './ranking.ts';
import { drawWeights, type DrawWeights } from './sampling.ts';

const { rows, drawn } = goldenJson('generation/processors.json') as GoldenProcessors;

type Case = GoldenProcessors['drawn'][number];

/** Probability of every token of the row. */
function shares({ weights, total }: DrawWeights, { ids }: Ranking, size: number): Float64Array {
  const found = new Float64Array(size);
  for (const [place, weight] of weights.entries()) found[ids[place]!] = weight / total;
  return found;
}

function wantedShares({ ids, shares: wanted }: Case, size: number): Float64Array {
  const all = new Float64Array(size);
  for (const [place, share] of wanted.entries()) all[ids === null ? place : ids[place]!] = share;
  return all;
}

test.each(Object.keys(rows))('the row "%s": the probabilities of transformers', (row) => {
  const scores = fromJson(rows[row]!);
  const cases = drawn.filter((one) => one.row === row);
  expect(cases.length).toBeGreaterThan(30);
  for (const one of cases) {
    const options = decodingOptions({ topP: 1, ...fromPython(one.options) });
    const ranking = rankAll(scores, options.temperature);
    const found = shares(drawWeights(ranking, options, one.keep)!, ranking, scores.length);
    const wanted = wantedShares(one, scores.length);
    // The same tokens, and not only nearly: one outside of the nucleus has no probability at all.
    const kept = (all: Float64Array) => [
      caseTitle(one.options),
      ...Array.from(all, (share) => share > 1e-40),
    ];
    expect(kept(found)).toEqual(kept(wanted));
    expect(found).toBeAllClose(wanted, { atol: 1e-6, rtol: 0 });
  }
});

test('a list of the best tokens gives the same, or says that it cannot', () => {
  const scores = fromJson(rows['wide']!);
  let told = 0;
  for (const one of drawn.filter(({ row }) => row === 'wide')) {
    const options = decodingOptions({ topP: 1, ...fromPython(one.options) });
    const top = rankTop(scores, 24, options.temperature);
    const short = drawWeights(top, options, one.keep);
    const { topK, topP } = options;
    if (short === null || (topK === 0 && topP === 1)) continue;
    told++;
    const found = shares(short, top, scores.length);
    expect(found).toBeAllClose(wantedShares(one, scores.length), { atol: 1e-6, rtol: 0 });
  }
  expect(told).toBeGreaterThan(40);
});
