/** Prompts in, texts out: tokenise, pad to a few fixed lengths, generate, decode. */
import { paddedLength } from '../data/collate.ts';
import type { ForwardPass } from '../engine/t5/forwardPass.ts';
import { generate, type GenerateOptions } from '../engine/t5/generate.ts';
import { padPrompts } from '../engine/t5/promptBatch.ts';
import type { Job } from '../lib/progress.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { devicePadMultiple } from './devicePadMultiple.ts';
import type { GenerateRequest, Generation } from './protocol.ts';

type TextRequest = Omit<GenerateRequest, 'tuned' | 'jobId'> & Pick<GenerateOptions, 'endIds'>;

/** Generates for all prompts as one batch; `onText` gets each row's text so far as it grows. */
export async function generateTexts(
  pass: ForwardPass,
  tokenizer: Tokenizer,
  request: TextRequest,
  job: Job,
  onText?: (row: number, text: string) => void,
): Promise<Generation[]> {
  if (request.prompts.length === 0) return [];
  const startedAt = performance.now();
  const ids = request.prompts.map((prompt) => cut(tokenizer.encode(prompt), request.maxInputTokens));
  // Lengths come in the same few steps as in training, so that the device's buffers are used again.
  const inputLength = paddedLength(Math.max(1, ...ids.map(({ length }) => length)), devicePadMultiple());
  const rows = await generate(pass, padPrompts(ids, inputLength), {
    ...decodingOf(request),
    ...(job.signal === undefined ? {} : { signal: job.signal }),
    onIds: (row, soFar) => onText?.(row, tokenizer.decode(soFar, { skipSpecialTokens: true })),
  });
  const elapsedMs = (performance.now() - startedAt) / rows.length;
  return rows.map((row, i) => ({
    text: tokenizer.decode(row.ids, { skipSpecialTokens: true }),
    tokenCount: row.ids.length,
    promptTokenCount: ids[i]!.length,
    elapsedMs,
  }));
}

/** Keeps the first `limit` tokens, the last of them </s>, as truncation in training does. */
function cut(ids: Int32Array, limit: number): Int32Array {
  if (ids.length <= limit) return ids;
  const kept = ids.slice(0, limit);
  kept[limit - 1] = ids.at(-1)!;
  return kept;
}

/** Decoding as the page speaks of it: temperature 0 draws nothing. */
function decodingOf(request: TextRequest): GenerateOptions {
  const { prompts: _prompts, maxInputTokens: _limit, temperature, ...decoding } = request;
  return temperature > 0 ? { ...decoding, doSample: true, temperature } : decoding;
}
