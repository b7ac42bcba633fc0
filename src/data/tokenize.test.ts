import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../lib/progress.ts';
import { readTokenizerJson } from '../tokenizer/readTokenizerJson.ts';
import { tokenizeExamples } from './tokenize.ts';

const file = join(import.meta.dirname, '../test/golden/tokenizer/small-tokenizer.json');
const tokenizer = readTokenizerJson(readFileSync(file, 'utf8'), 'small-tokenizer.json');
const examples = [
  { rowIndex: 0, prompt: 'Where is my parcel?', target: 'delivery' },
  { rowIndex: 1, prompt: 'I want my money back, and I want it now, thank you.', target: 'refund' },
  { rowIndex: 2, prompt: 'Hi \u{1F600}', target: '' },
];
const noLimits = { maxInputTokens: Infinity, maxTargetTokens: Infinity };

describe('tokenizeExamples', () => {
  it("stores each example's ids one after the other", async () => {
    const { tokens, summary, cutInputs } = await tokenizeExamples(examples, tokenizer, noLimits);
    for (const [i, { prompt, target }] of examples.entries()) {
      expect(tokens.inputIds.subarray(tokens.inputOffsets[i], tokens.inputOffsets[i + 1])).toEqual(
        tokenizer.encode(prompt),
      );
      expect(tokens.labelIds.subarray(tokens.labelOffsets[i], tokens.labelOffsets[i + 1])).toEqual(
        tokenizer.encode(target),
      );
    }
    const lengths = examples.map(({ prompt }) => tokenizer.encode(prompt).length);
    expect(summary).toMatchObject({
      exampleCount: 3,
      inputTokens: lengths.reduce((a, b) => a + b),
      longestInput: Math.max(...lengths),
      truncatedInputs: 0,
      truncatedLabels: 0,
    });
    expect(summary.unknownTokens).toBe(
      examples
        .flatMap(({ prompt, target }) => [...tokenizer.encode(prompt), ...tokenizer.encode(target)])
        .filter((id) => id === tokenizer.unkId).length,
    );
    expect(cutInputs).toHaveLength(0);
  });

  it('cuts the end, keeps </s>, and names what was cut', async () => {
    const { tokens, summary, cutInputs, cutLabels } = await tokenizeExamples(examples, tokenizer, {
      maxInputTokens: 8,
      maxTargetTokens: 1,
    });
    const whole = tokenizer.encode(examples[1]!.prompt);
    expect(whole.length).toBeGreaterThan(8);
    const cut = tokens.inputIds.subarray(tokens.inputOffsets[1], tokens.inputOffsets[2]);
    expect([...cut]).toEqual([...whole.subarray(0, 7), tokenizer.eosId]);
    expect([...cutInputs]).toContain(1);
    expect([...cutInputs]).not.toContain(2);
    expect([...tokens.labelIds]).toEqual([tokenizer.eosId, tokenizer.eosId, tokenizer.eosId]);
    expect([...cutLabels]).toEqual([0, 1]);
    expect(summary).toMatchObject({
      longestInput: 8,
      longestLabel: 1,
      truncatedInputs: cutInputs.length,
      truncatedLabels: 2,
    });
  });

  it('refuses limits that leave no room for </s>', async () => {
    await expect(
      tokenizeExamples(examples, tokenizer, { maxInputTokens: 0, maxTargetTokens: 8 }),
    ).rejects.toThrow(RangeError);
  });

  it('tells progress in rows and stops when cancelled', async () => {
    const repeated = Array.from({ length: 20_000 }, (_, rowIndex) => ({ ...examples[1]!, rowIndex }));
    const seen: Progress[] = [];
    const controller = new AbortController();
    const work = tokenizeExamples(repeated, tokenizer, noLimits, {
      signal: controller.signal,
      onProgress: (progress) => {
        seen.push(progress);
        if (progress.done > 0) controller.abort(new Error('enough'));
      },
    });
    await expect(work).rejects.toThrow('enough');
    expect(seen[0]).toEqual({ phase: 'Tokenising', unit: 'rows', done: 0, total: 20_000 });
    expect(seen.at(-1)!.done).toBeLessThan(20_000);
  });
});
