import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTokenizerJson } from '../tokenizer/readTokenizerJson.ts';
import { previewExample } from './preview.ts';
import type { Task } from './task.ts';
import { FLAN, SUMMARISE } from './templates.ts';

const file = join(import.meta.dirname, '../test/golden/tokenizer/small-tokenizer.json');
const tokenizer = readTokenizerJson(readFileSync(file, 'utf8'), 'small-tokenizer.json');
const rows = [
  { ask: 'Add the numbers', chat: 'Anna: one,  two\nBob: \u{1F600} \ufb01ve', out: 'They count to five.' },
];
const noLimits = { maxInputTokens: Infinity, maxTargetTokens: Infinity };
const summarise: Task = { kind: 'supervised', inputColumn: 'chat', targetColumn: 'out', template: SUMMARISE };

/** The tokens of one part as text. */
function textOf(tokens: readonly { text: string; part: string }[], part: string): string {
  return tokens
    .filter((token) => token.part === part)
    .map(({ text }) => text)
    .join('')
    .replaceAll('\u2581', ' ')
    .trim();
}

describe('previewExample', () => {
  it('shows the ids the model gets, and where each token comes from', () => {
    const preview = previewExample(rows, 0, summarise, tokenizer, noLimits);
    expect(preview.prompt).toBe(`Summarize the following conversation.\n\n${rows[0]!.chat}\n\nSummary: `);
    expect(preview.promptTokens.map(({ id }) => id)).toEqual([...tokenizer.encode(preview.prompt)]);
    expect(preview.labelTokens.map(({ id }) => id)).toEqual([...tokenizer.encode(rows[0]!.out)]);
    // The normaliser makes one space of many and two letters of the ligature; the parts stay right behind it.
    expect(textOf(preview.promptTokens, 'input')).toMatch(/^Anna: one, two Bob: \S+ five$/);
    expect(textOf(preview.promptTokens, 'template')).toBe(
      'Summarize the following conversation. Summary:</s>',
    );
    expect(preview.promptTokens.some(({ isCut }) => isCut)).toBe(false);
  });

  it('tells the instruction from the input', () => {
    const task: Task = {
      kind: 'instruction',
      instructionColumn: 'ask',
      inputColumn: 'chat',
      outputColumn: 'out',
      template: FLAN,
    };
    const { promptTokens } = previewExample(rows, 0, task, tokenizer, noLimits);
    expect(textOf(promptTokens, 'instruction')).toBe('Add the numbers');
    expect(textOf(promptTokens, 'template')).toBe('</s>');
  });

  it('marks what the limits cut, never </s>', () => {
    const { promptTokens, labelTokens } = previewExample(rows, 0, summarise, tokenizer, {
      maxInputTokens: 10,
      maxTargetTokens: 3,
    });
    expect(promptTokens.filter(({ isCut }) => !isCut).map(({ id }) => id)).toEqual([
      ...tokenizer.encode(previewExample(rows, 0, summarise, tokenizer, noLimits).prompt).subarray(0, 9),
      tokenizer.eosId,
    ]);
    expect(labelTokens.filter(({ isCut }) => !isCut)).toHaveLength(3);
    expect(labelTokens.at(-1)).toEqual({ id: tokenizer.eosId, text: '</s>', isCut: false });
  });

  it('refuses a row that is not there', () => {
    expect(() => previewExample(rows, 1, summarise, tokenizer, noLimits)).toThrow(
      'Row 1 is not in a table of 1 rows.',
    );
  });
});
