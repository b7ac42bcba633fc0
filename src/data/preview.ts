import type { Row } from '../formats/table.ts';
import { slotValues } from './examples.ts';
import type { Task } from './task.ts';
import { type PromptPart, type PromptStretch, promptStretches } from './templates.ts';
import type { TokenLimits } from './tokenize.ts';

/** What a preview needs of a tokenizer: tokens with their place in the text (UTF-16 units), ending with `</s>`. */
export interface PieceEncoder {
  encodeWithPieces(text: string): { id: number; piece: string; start: number; end: number }[];
}

/** A token of the prompt. */
export interface PromptToken {
  id: number;
  /** The piece as in the vocabulary, `▁` for a space. */
  text: string;
  /** Where it comes from: the template, the row's input, its instruction. `</s>` counts as template. */
  part: PromptPart;
  /** Beyond the limit: the model does not see it. */
  isCut: boolean;
}

/** A token of the target. */
export interface LabelToken {
  id: number;
  text: string;
  /** Beyond the limit: the model does not learn it. */
  isCut: boolean;
}

/** One row as the model sees it. */
export interface ExamplePreview {
  rowIndex: number;
  prompt: string;
  target: string;
  promptTokens: PromptToken[];
  labelTokens: LabelToken[];
}

/** The tokens of a row's prompt and target, each with its origin, and which of them are cut. */
export function previewExample(
  rows: readonly Row[],
  rowIndex: number,
  task: Task,
  tokenizer: PieceEncoder,
  { maxInputTokens, maxTargetTokens }: TokenLimits,
): ExamplePreview {
  const row = rows[rowIndex];
  if (!row) throw new RangeError(`Row ${rowIndex} is not in a table of ${rows.length} rows.`);
  const stretches = promptStretches(task.template, slotValues(row, task));
  const prompt = stretches.map(({ text }) => text).join('');
  const target = row[task.kind === 'supervised' ? task.targetColumn : task.outputColumn] ?? '';
  const partAt = makePartLookup(stretches);
  const promptPieces = tokenizer.encodeWithPieces(prompt);
  const labelPieces = tokenizer.encodeWithPieces(target);
  return {
    rowIndex,
    prompt,
    target,
    promptTokens: promptPieces.map(({ id, piece, start }, index) => ({
      id,
      text: piece,
      part: partAt(firstInk(prompt, start)),
      isCut: isCut(index, promptPieces.length, maxInputTokens),
    })),
    labelTokens: labelPieces.map(({ id, piece }, index) => ({
      id,
      text: piece,
      isCut: isCut(index, labelPieces.length, maxTargetTokens),
    })),
  };
}

/** The first `limit − 1` tokens and the final `</s>` stay. */
function isCut(index: number, length: number, limit: number): boolean {
  return length > limit && index >= limit - 1 && index < length - 1;
}

/** A token that begins with the space before a word, or is that space, belongs where the word is. */
function firstInk(text: string, start: number): number {
  let at = start;
  while (at < text.length && /\s/.test(text[at]!)) at++;
  return at;
}

/** The part of the prompt at a position, by binary search; what stands behind the text is the template's. */
function makePartLookup(stretches: readonly PromptStretch[]): (position: number) => PromptPart {
  const ends: number[] = [];
  for (const { text } of stretches) ends.push((ends.at(-1) ?? 0) + text.length);
  return (position) => {
    if (position >= (ends.at(-1) ?? 0)) return 'template';
    let low = 0;
    let high = ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! > position) high = middle;
      else low = middle + 1;
    }
    return stretches[low]!.part;
  };
}
