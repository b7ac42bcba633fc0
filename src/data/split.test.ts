import { describe, expect, it } from 'vitest';
import type { Example } from './example.ts';
import { hashExamples, split } from './split.ts';

const examplesOf = (prompts: readonly string[]): Example[] =>
  prompts.map((prompt, rowIndex) => ({ rowIndex, prompt, target: `answer ${rowIndex % 3}` }));
const many = examplesOf(Array.from({ length: 200 }, (_, i) => `prompt ${i}`));

describe('split', () => {
  it('gives each part its share and every example one part', () => {
    const { train, validation, test } = split(many, { validationShare: 0.1, testShare: 0.25, seed: 1 });
    expect([train.length, validation.length, test.length]).toEqual([130, 20, 50]);
    expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual(Array.from(many.keys()));
    expect([...validation]).toEqual([...validation].sort((a, b) => a - b));
  });

  it('is the same for the same content and seed, and another for any change', () => {
    const shares = { validationShare: 0.1, testShare: 0.1 };
    const first = split(many, { ...shares, seed: 42 });
    expect(split(structuredClone(many), { ...shares, seed: 42 })).toEqual(first);
    expect(split(many, { ...shares, seed: 43 })).not.toEqual(first);
    const changed = many.with(7, { ...many[7]!, target: 'another' });
    expect(hashExamples(changed)).not.toBe(hashExamples(many));
    expect(split(changed, { ...shares, seed: 42 })).not.toEqual(first);
  });

  it('keeps examples with one prompt on one side', () => {
    const repeated = examplesOf(Array.from({ length: 300 }, (_, i) => `prompt ${i % 40}`));
    for (let seed = 0; seed < 20; seed++) {
      const parts = split(repeated, { validationShare: 0.2, testShare: 0.1, seed });
      const sides = Object.values(parts).map(
        (part: Uint32Array) => new Set(Array.from(part, (i) => repeated[i]!.prompt)),
      );
      expect(sides[0]!.size + sides[1]!.size + sides[2]!.size).toBe(40);
      expect(parts.validation.length).toBeGreaterThan(0);
      expect(parts.test.length).toBeGreaterThan(0);
    }
  });

  it.each([
    [0, [0, 0, 0]],
    [1, [1, 0, 0]],
    [2, [1, 0, 1]],
    [3, [1, 1, 1]],
    [5, [3, 1, 1]],
  ])('gives %i examples to parts %j', (count, sizes) => {
    const parts = split(many.slice(0, count), { validationShare: 0.01, testShare: 0.01, seed: 3 });
    expect([parts.train.length, parts.validation.length, parts.test.length]).toEqual(sizes);
  });

  it('leaves a large group to training, and gives parts with no share nothing', () => {
    const lopsided = examplesOf([
      ...Array.from({ length: 90 }, () => 'same'),
      ...Array.from({ length: 10 }, (_, i) => `p${i}`),
    ]);
    const parts = split(lopsided, { validationShare: 0.05, testShare: 0, seed: 5 });
    expect(parts.validation).toHaveLength(5);
    expect(parts.test).toHaveLength(0);
    expect(
      Array.from(parts.train, (i) => lopsided[i]!.prompt).filter((prompt) => prompt === 'same'),
    ).toHaveLength(90);
  });
});
