/** Normalisation steps that T5 files use, each as a function from text to edits. */
import type { Edit } from './edits.ts';
import { skipWhitespace, trimWhitespaceEnd } from './whitespace.ts';

/** What one step changes in a text. Steps run one after another, each on the text the former left. */
export type NormalizerStep = (text: string) => Edit[];

/** Removes white space at the ends. */
export function stripStep(stripsLeft: boolean, stripsRight: boolean): NormalizerStep {
  return (text) => {
    const start = stripsLeft ? skipWhitespace(text, 0, text.length) : 0;
    const end = stripsRight ? trimWhitespaceEnd(text, start, text.length) : text.length;
    const edits: Edit[] = [];
    if (start > 0) edits.push({ from: 0, to: start, text: '' });
    if (end < text.length) edits.push({ from: end, to: text.length, text: '' });
    return edits;
  };
}

/** Replaces every match of a global pattern. */
export function replaceStep(pattern: RegExp, content: string): NormalizerStep {
  return (text) =>
    Array.from(text.matchAll(pattern), (match) => ({
      from: match.index,
      to: match.index + match[0].length,
      text: content,
    }));
}
