/** How text is decoded: the options of transformers' `GenerationConfig` under its names, and its defaults. */
import { ProblemError } from '../../lib/problem.ts';

export interface DecodingOptions {
  /** Most tokens of an answer, </s> included. */
  readonly maxNewTokens: number;
  /** </s> cannot be among the first so many tokens. */
  readonly minNewTokens: number;
  /** Like `minNewTokens`, with the decoder's start token counted. */
  readonly minLength: number;
  /** Answers followed at once; 1: no beam search. */
  readonly numBeams: number;
  /**
   * When a beam search ends. True: as soon as there are `numBeams` whole answers; false: when the best unfinished one is
   * worse at its present length than the worst of them; 'never': when it is so at any length it can still reach.
   */
  readonly earlyStopping: boolean | 'never';
  /** Scores of whole answers are divided by length ** lengthPenalty: above 0 longer ones gain, below 0 shorter ones. */
  readonly lengthPenalty: number;
  /** Scores of tokens that occurred are divided (multiplied where negative) by it; 1 for none. arXiv:1909.05858 */
  readonly repetitionPenalty: number;
  /** No run of so many tokens occurs twice; 0 for no limit. */
  readonly noRepeatNgramSize: number;
  /** Draws tokens; otherwise the likeliest are taken. */
  readonly doSample: boolean;
  /** Above 0; scores are divided by it before a draw. */
  readonly temperature: number;
  /** Draws only from the k likeliest tokens and those as likely as the k-th; 0 for all. */
  readonly topK: number;
  /** Draws only from the likeliest tokens that together reach this probability; 1 for all. arXiv:1904.09751 */
  readonly topP: number;
  /** Of all draws. */
  readonly seed: number;
}

/** What transformers does when nothing is said (its `_get_default_generation_params`). */
export const DECODING_DEFAULTS: DecodingOptions = {
  maxNewTokens: 20,
  minNewTokens: 0,
  minLength: 0,
  numBeams: 1,
  earlyStopping: false,
  lengthPenalty: 1,
  repetitionPenalty: 1,
  noRepeatNgramSize: 0,
  doSample: false,
  temperature: 1,
  topK: 50,
  topP: 1,
  seed: 0,
};

type NumberName = Exclude<keyof DecodingOptions, 'doSample' | 'earlyStopping'>;

interface Bounds {
  readonly isWhole: boolean;
  readonly min: number;
  readonly max?: number;
  /** `min` itself is not allowed. */
  readonly isAbove?: true;
}

const bounds: Readonly<Record<NumberName, Bounds>> = {
  maxNewTokens: { isWhole: true, min: 0 },
  minNewTokens: { isWhole: true, min: 0 },
  minLength: { isWhole: true, min: 0 },
  numBeams: { isWhole: true, min: 1 },
  lengthPenalty: { isWhole: false, min: -Infinity },
  repetitionPenalty: { isWhole: false, min: 0, isAbove: true },
  noRepeatNgramSize: { isWhole: true, min: 0 },
  temperature: { isWhole: false, min: 0, isAbove: true },
  topK: { isWhole: true, min: 0 },
  topP: { isWhole: false, min: 0, max: 1 },
  seed: { isWhole: false, min: -Infinity },
};

/** Fills in the defaults; throws a ProblemError for a value that `generate` of transformers would refuse too. */
export function decodingOptions(given: Partial<DecodingOptions>): DecodingOptions {
  const options = { ...DECODING_DEFAULTS, ...given };
  for (const [name, { isWhole, min, max = Infinity, isAbove }] of Object.entries(bounds)) {
    const value = options[name as NumberName];
    const isRightKind = isWhole ? Number.isInteger(value) : Number.isFinite(value);
    if (isRightKind && (isAbove === true ? value > min : value >= min) && value <= max) continue;
    const low = min === -Infinity ? '' : isAbove === true ? ` above ${min}` : ` from ${min}`;
    const high = max === Infinity ? '' : ` to ${max}`;
    throw new ProblemError({
      code: 'decoding-option-out-of-range',
      message: `The decoding option ${name} is ${value}.`,
      fix: `Use a ${isWhole ? 'whole ' : ''}number${low}${high}.`,
      column: name,
    });
  }
  return options;
}
