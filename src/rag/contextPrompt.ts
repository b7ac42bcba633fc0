/** The prompt of the RAG arms: passages first, then the prompt, within the tokens the model may read. */
import type { Passage } from './passage.ts';

export interface ContextPromptOptions<P extends Passage> {
  prompt: string;
  /** Best first. */
  passages: readonly P[];
  /** Tokens the whole prompt may have, as `countTokens` counts. */
  budgetTokens: number;
  countTokens: (text: string) => number;
}

export interface ContextPrompt<P extends Passage> {
  text: string;
  tokenCount: number;
  /** The passages that are in the prompt, as they stand there; the last one may be cut. */
  passages: P[];
}

/** A passage is not cut to fewer words than this; it is left out instead. */
const LEAST_WORDS = 15;

/**
 * Puts as many passages as fit before the prompt, best first, and cuts the last one when only its beginning fits.
 * The prompt itself is never cut: when it alone fills the budget it comes back unchanged, without passages.
 */
export function makeContextPrompt<P extends Passage>(options: ContextPromptOptions<P>): ContextPrompt<P> {
  const { prompt, passages, budgetTokens, countTokens } = options;
  let best: ContextPrompt<P> = { text: prompt, tokenCount: countTokens(prompt), passages: [] };
  const tryWith = (chosen: P[]): boolean => {
    const text = contextText(prompt, chosen);
    const tokenCount = countTokens(text);
    if (tokenCount > budgetTokens) return false;
    best = { text, tokenCount, passages: chosen };
    return true;
  };

  for (const passage of passages) {
    const chosen = best.passages;
    if (tryWith([...chosen, passage])) continue;
    // The most words of this passage that fit, by bisection.
    const words = passage.text.split(/\s+/);
    let fitting = LEAST_WORDS - 1;
    let tooMany = words.length;
    while (tooMany - fitting > 1) {
      const middle = Math.floor((fitting + tooMany) / 2);
      const cut = { ...passage, text: `${words.slice(0, middle).join(' ')} …` };
      if (tryWith([...chosen, cut])) fitting = middle;
      else tooMany = middle;
    }
    break;
  }
  return best;
}

function contextText(prompt: string, passages: readonly Passage[]): string {
  const lines = passages.map(
    ({ heading, text }, i) => `[${i + 1}] ${heading === '' ? '' : `${heading}: `}${text}`,
  );
  return `Use the passages to answer.\n\nPassages:\n${lines.join('\n')}\n\n${prompt}`;
}
