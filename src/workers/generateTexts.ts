/** Prompts in, texts out: tokenise, pad to a few fixed lengths, generate, decode. */
import { paddedLength } from '../data/collate.ts';
import type { ForwardPass } from '../engine/t5/forwardPass.ts';
import { generate, type PromptBatch } from '../engine/t5/generate.ts';
import type { Job } from '../lib/progress.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { GenerateRequest, Generation } from './protocol.ts';

type TextRequest = Omit<GenerateRequest, 'tuned' | 'jobId'>;

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
  const grown: number[][] = ids.map(() => []);
  const { temperature, topK, topP, seed, maxNewTokens } = request;
  const rows = await generate(pass, padded(ids), {
    maxNewTokens,
    sampling: temperature > 0 ? { temperature, topK, topP, seed } : null,
    ...(job.signal === undefined ? {} : { signal: job.signal }),
    onTokens: (fresh) => {
      if (onText === undefined) return;
      fresh.forEach((tokens, row) => {
        if (tokens.length === 0) return;
        grown[row]!.push(...tokens);
        onText(row, tokenizer.decode(grown[row]!, { skipSpecialTokens: true }));
      });
    },
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

/** Lengths come in the same few steps as in training, so that the device's buffers are used again. */
function padded(prompts: readonly Int32Array[]): PromptBatch {
  const inputLength = paddedLength(Math.max(1, ...prompts.map(({ length }) => length)));
  const inputIds = new Int32Array(prompts.length * inputLength);
  const inputMask = new Int32Array(prompts.length * inputLength);
  for (const [row, ids] of prompts.entries()) {
    inputIds.set(ids, row * inputLength);
    inputMask.fill(1, row * inputLength, row * inputLength + ids.length);
  }
  return { size: prompts.length, inputLength, inputIds, inputMask };
}
