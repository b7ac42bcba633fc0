import { expect, test } from 'vitest';
import { makePrng } from '../../lib/prng.ts';
import { rankAll } from './ranking.ts';
import { drawToken } from './sampling.ts';

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
