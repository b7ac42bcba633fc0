import { makePace } from '../formats/pace.ts';
import type { Job } from '../lib/progress.ts';
import type { Example } from './example.ts';
import type { TokenSet, TokenSetSummary } from './tokenSet.ts';

/** What tokenising needs of a tokenizer. `encode` ends with `</s>`. */
export interface ExampleEncoder {
  encode(text: string): Int32Array;
  readonly unkId: number;
}

/** Lengths in tokens, `</s>` included; Infinity for no limit. */
export interface TokenLimits {
  maxInputTokens: number;
  maxTargetTokens: number;
}

/** Token ids of all examples, the figures, and which examples were cut (positions in the list of examples). */
export interface TokenizedExamples {
  tokens: TokenSet;
  summary: TokenSetSummary;
  cutInputs: Uint32Array;
  cutLabels: Uint32Array;
}

/**
 * Tokenises prompts and targets. What is longer than its limit loses its end, as with HF's truncation: the first
 * `limit − 1` tokens and `</s>` stay. Progress counts rows; cancelling throws the signal's reason.
 */
export async function tokenizeExamples(
  examples: readonly Example[],
  tokenizer: ExampleEncoder,
  limits: TokenLimits,
  job?: Job,
): Promise<TokenizedExamples> {
  const inputs = makeIdColumn(examples.length, limits.maxInputTokens, tokenizer.unkId);
  const labels = makeIdColumn(examples.length, limits.maxTargetTokens, tokenizer.unkId);
  const pace = makePace(job, 'Tokenising', 'rows', examples.length);
  for (const [index, { prompt, target }] of examples.entries()) {
    inputs.add(tokenizer.encode(prompt));
    labels.add(tokenizer.encode(target));
    if (pace.isDue()) await pace.pause(index + 1);
  }
  pace.finish(examples.length);
  const input = inputs.finish();
  const label = labels.finish();
  return {
    tokens: {
      exampleCount: examples.length,
      inputIds: input.ids,
      inputOffsets: input.offsets,
      labelIds: label.ids,
      labelOffsets: label.offsets,
    },
    summary: {
      exampleCount: examples.length,
      inputTokens: input.ids.length,
      labelTokens: label.ids.length,
      longestInput: input.longest,
      longestLabel: label.longest,
      truncatedInputs: input.cut.length,
      truncatedLabels: label.cut.length,
      unknownTokens: input.unknownCount + label.unknownCount,
    },
    cutInputs: input.cut,
    cutLabels: label.cut,
  };
}

/** A flat array of ids that grows, with the offset of each sequence. */
function makeIdColumn(count: number, maxTokens: number, unkId: number) {
  if (!(maxTokens >= 1))
    throw new RangeError(`A limit of ${maxTokens} tokens leaves no room for </s>; it must be at least 1.`);
  let ids = new Int32Array(Math.max(1024, count * 16));
  const offsets = new Uint32Array(count + 1);
  const cut: number[] = [];
  let index = 0;
  let length = 0;
  let longest = 0;
  let unknownCount = 0;
  return {
    add: (sequence: Int32Array): void => {
      const kept = Math.min(sequence.length, maxTokens);
      if (length + kept > ids.length) {
        const grown = new Int32Array(Math.max(ids.length * 2, length + kept));
        grown.set(ids.subarray(0, length));
        ids = grown;
      }
      ids.set(sequence.subarray(0, kept), length);
      if (kept < sequence.length) {
        ids[length + kept - 1] = sequence[sequence.length - 1]!;
        cut.push(index);
      }
      for (let i = length; i < length + kept; i++) if (ids[i] === unkId) unknownCount++;
      length += kept;
      longest = Math.max(longest, kept);
      index++;
      offsets[index] = length;
    },
    finish: () => ({ ids: ids.slice(0, length), offsets, cut: Uint32Array.from(cut), longest, unknownCount }),
  };
}
