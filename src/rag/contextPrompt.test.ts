import { expect, test } from 'vitest';
import { makeContextPrompt } from './contextPrompt.ts';
import type { Passage } from './passage.ts';
import { rowPassages } from './rowPassages.ts';

const countTokens = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;
const words = (letter: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${letter}${i}`).join(' ');
const passage = (text: string, heading = ''): Passage => ({ source: 'a.md', heading, text });

test('passages stand before the prompt, numbered, with their headings', () => {
  const { text, passages, tokenCount } = makeContextPrompt({
    prompt: 'Who keeps the diary?',
    passages: [passage('The keeper keeps a diary.', 'Lighthouse'), passage('Bread is baked at four.')],
    budgetTokens: 100,
    countTokens,
  });
  expect(text).toBe(
    'Use the passages to answer.\n\nPassages:\n[1] Lighthouse: The keeper keeps a diary.\n[2] Bread is baked at four.\n\nWho keeps the diary?',
  );
  expect(passages.length).toBe(2);
  expect(tokenCount).toBe(countTokens(text));
});

test('the budget holds: the last passage is cut, later ones are left out', () => {
  const options = {
    prompt: 'Question?',
    passages: [passage(words('a', 40)), passage(words('b', 40)), passage('c')],
    countTokens,
  };
  for (let budgetTokens = 1; budgetTokens < 110; budgetTokens++) {
    const { text, tokenCount, passages } = makeContextPrompt({ ...options, budgetTokens });
    expect(tokenCount).toBeLessThanOrEqual(budgetTokens);
    expect(text.endsWith('Question?')).toBe(true);
    for (const { text: shown } of passages) expect(text).toContain(shown);
  }
  const whole = makeContextPrompt({ ...options, budgetTokens: 110 });
  expect(whole.passages.map(({ text }) => text)).toEqual(options.passages.map(({ text }) => text));
  const cut = makeContextPrompt({ ...options, budgetTokens: 75 });
  expect(cut.passages.map(({ text }) => text.endsWith('…'))).toEqual([false, true]);
  // As full as it gets: one word more of the second passage would be one token too many.
  expect(cut.tokenCount).toBe(75);
});

test('a prompt that fills the budget comes back unchanged', () => {
  const prompt = words('q', 50);
  const result = makeContextPrompt({ prompt, passages: [passage('x')], budgetTokens: 40, countTokens });
  expect(result).toEqual({ text: prompt, tokenCount: 50, passages: [] });
  expect(makeContextPrompt({ prompt, passages: [], budgetTokens: 90, countTokens }).text).toBe(prompt);
});

test('training rows become input → target, long inputs cut', () => {
  const [short, long] = rowPassages(
    [
      { rowIndex: 3, input: ' What? ', target: ' That. ' },
      { rowIndex: 4, input: words('w', 200), target: 'done' },
    ],
    'rows.csv',
  );
  expect(short).toEqual({ source: 'rows.csv', heading: '', text: 'What? → That.', rowIndex: 3 });
  expect(long!.text).toBe(`${words('w', 120)} … → done`);
});
