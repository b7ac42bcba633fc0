import { expect, test } from 'vitest';
import { makePrng } from '../../lib/prng.ts';
import { rankAll, rankTop } from './ranking.ts';
import { drawDifferent, drawToken } from './sampling.ts';

const scores = Float32Array.of(0, 2, 1, -1);
const all = { temperature: 1, topK: 0, topP: 1 };

function shares(options: Partial<typeof all>, draws = 20_000): number[] {
  const prng = makePrng(5);
  const ranking = rankAll(scores);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < draws; i++) counts[drawToken(ranking, { ...all, ...options }, prng.next())!]!++;
  return counts.map((count) => count / draws);
}

function softmax(values: readonly number[]): number[] {
  const weights = values.map((value) => Math.exp(value));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

test('draws follow the softmax of the scores', () => {
  expect(shares({})).toBeAllClose(softmax([0, 2, 1, -1]), { atol: 0.015, rtol: 0 });
  expect(shares({ temperature: 2 })).toBeAllClose(softmax([0, 1, 0.5, -0.5]), { atol: 0.015, rtol: 0 });
});

test('top-k keeps the k best, top-p the smallest set that reaches p', () => {
  const [one, two] = softmax([2, 1]);
  expect(shares({ topK: 2 })).toBeAllClose([0, one!, two!, 0], { atol: 0.015, rtol: 0 });
  // Probabilities are 0.087, 0.644, 0.237, 0.032: two tokens reach 0.8, one reaches 0.6.
  expect(shares({ topP: 0.8 })).toBeAllClose([0, one!, two!, 0], { atol: 0.015, rtol: 0 });
  expect(shares({ topP: 0.6 })).toEqual([0, 1, 0, 0]);
  expect(shares({ topK: 1 })).toEqual([0, 1, 0, 0]);
});

test('a low temperature is greedy', () => {
  expect(shares({ temperature: 1e-4 }, 500)).toEqual([0, 1, 0, 0]);
});

test('several different draws come in the order of draws without putting back', () => {
  const prng = makePrng(8);
  const draws = 20_000;
  const counts: Record<string, number> = {};
  for (let i = 0; i < draws; i++) {
    const pair = drawDifferent(Array.from(scores), 2, prng).join();
    counts[pair] = (counts[pair] ?? 0) + 1;
  }
  const [a, b, c, d] = softmax(Array.from(scores)) as [number, number, number, number];
  const wanted = {
    '0,1': (a * b) / (1 - a),
    '1,0': (b * a) / (1 - b),
    '1,2': (b * c) / (1 - b),
    '3,2': (d * c) / (1 - d),
  };
  const found = Object.keys(wanted).map((pair) => counts[pair]! / draws);
  expect(found).toBeAllClose(Object.values(wanted), { atol: 0.015, rtol: 0 });
  expect(drawDifferent([0, -Infinity, 1], 2, prng)).not.toContain(1);
});

test('a short list gives the draw of the whole row, or none', () => {
  const prng = makePrng(9);
  const wide = Float32Array.from({ length: 500 }, () => 3 * prng.normal());
  const settings = [
    all,
    { ...all, topK: 20 },
    { ...all, topP: 0.8 },
    { temperature: 0.5, topK: 0, topP: 0.95 },
  ];
  for (const options of settings) {
    const top = rankTop(wide, 64, options.temperature);
    const whole = rankAll(wide, options.temperature);
    let told = 0;
    for (let i = 0; i < 300; i++) {
      const uniform = prng.next();
      const drawn = drawToken(top, options, uniform);
      if (drawn === null) continue;
      told++;
      expect(drawn).toBe(drawToken(whole, options, uniform));
    }
    expect(told).toBeGreaterThan(200);
  }
});
