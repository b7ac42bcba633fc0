/** How answers are decoded in a comparison: what the person set, and else what the model asks for. */
import type { GenerationConfig } from '../engine/decoding/generationConfig.ts';

export interface Decoding {
  maxNewTokens: number;
  minNewTokens: number;
  /** 0 is greedy. */
  temperature: number;
  topK: number;
  topP: number;
  seed: number;
  /** 1: no beam search. */
  numBeams: number;
  earlyStopping: boolean | 'never';
  lengthPenalty: number;
  noRepeatNgramSize: number;
  repetitionPenalty: number;
}

/** Where neither the person nor the model says anything. */
export const PLAIN_DECODING: Decoding = {
  maxNewTokens: 64,
  minNewTokens: 0,
  temperature: 0,
  topK: 0,
  topP: 1,
  seed: 42,
  numBeams: 1,
  earlyStopping: false,
  lengthPenalty: 1,
  noRepeatNgramSize: 0,
  repetitionPenalty: 1,
};

/** What a model asks for. Where it samples without saying how, transformers' temperature 1 and top-k 50 hold. */
export function decodingOfModel(generation: GenerationConfig | undefined): Decoding {
  const { doSample = false, minLength = 0, ...options } = generation?.options ?? {};
  const minNewTokens = options.minNewTokens ?? Math.max(0, minLength - 1);
  return doSample
    ? { ...PLAIN_DECODING, temperature: 1, topK: 50, ...options, minNewTokens }
    : { ...PLAIN_DECODING, ...options, minNewTokens, temperature: 0, topK: 0, topP: 1 };
}

/** Goes from one model's defaults to another's; what the person changed stays. */
export function followModel(present: Decoding, before: Decoding, now: Decoding): Decoding {
  const changed = Object.entries(present).filter(([name, value]) => value !== before[name as keyof Decoding]);
  return { ...now, ...Object.fromEntries(changed) };
}

/** In a few words, e.g. "greedy", "4 beams" or "temperature 0.7". */
export function describeDecoding({ temperature, numBeams }: Decoding): string {
  const words = [
    ...(temperature === 0 ? [] : [`temperature ${temperature}`]),
    ...(numBeams === 1 ? [] : [`${numBeams} beams`]),
  ];
  return words.length === 0 ? 'greedy' : words.join(', ');
}
