import { type Batch, IGNORE_INDEX } from './batch.ts';
import type { TokenSet } from './tokenSet.ts';

/** How sequences are padded. */
export interface CollateOptions {
  padId: number;
  decoderStartTokenId: number;
  /**
   * Step between padded lengths, 32 unless told: lengths are 32, 64, 96, 128, then 192, 256, …; labels may also be
   * 8 or 16 long. 1 pads to the longest sequence only.
   */
  padMultiple?: number;
  /** Pads every batch to `maxInputTokens` and `maxTargetTokens`, whatever is in it. */
  padsToMaxLength?: boolean;
  maxInputTokens?: number;
  maxTargetTokens?: number;
  /** Padded labels are `padId`, and so learned, instead of IGNORE_INDEX. */
  countsPadding?: boolean;
}

export const PAD_MULTIPLE = 32;

/**
 * The length to which sequences up to `length` tokens are padded: multiples of `padMultiple` up to four of it, then
 * of two of it. Few different shapes let the GPU reuse its buffers.
 */
export function paddedLength(length: number, padMultiple = PAD_MULTIPLE): number {
  const step = length <= 4 * padMultiple || padMultiple === 1 ? padMultiple : 2 * padMultiple;
  return Math.max(1, Math.ceil(length / step)) * step;
}

/**
 * As `paddedLength`, with a quarter and a half of `padMultiple` below it: most labels of a classification are a few
 * tokens long, and each decoder position costs a row over the whole vocabulary.
 */
export function paddedLabelLength(length: number, padMultiple = PAD_MULTIPLE): number {
  const short = [padMultiple / 4, padMultiple / 2].find(
    (candidate) => Number.isInteger(candidate) && length <= candidate,
  );
  return short ?? paddedLength(length, padMultiple);
}

/**
 * Pads the examples at `indices` to one batch. Decoder inputs are the labels shifted right behind
 * `decoderStartTokenId`; padded labels are IGNORE_INDEX unless padding counts. [B,S] and [B,T] row-major.
 */
export function collate(tokens: TokenSet, indices: ArrayLike<number>, options: CollateOptions): Batch {
  const { padId, decoderStartTokenId, countsPadding = false } = options;
  const { inputIds: allInputIds, inputOffsets, labelIds: allLabelIds, labelOffsets } = tokens;
  const size = indices.length;
  let longestInput = 0;
  let longestLabel = 0;
  for (let b = 0; b < size; b++) {
    const index = indices[b]!;
    longestInput = Math.max(longestInput, inputOffsets[index + 1]! - inputOffsets[index]!);
    longestLabel = Math.max(longestLabel, labelOffsets[index + 1]! - labelOffsets[index]!);
  }
  const { inputLength, labelLength } = batchLengths(longestInput, longestLabel, options);
  const inputIds = new Int32Array(size * inputLength).fill(padId); // [B,S]
  const inputMask = new Int32Array(size * inputLength); // [B,S]
  const decoderInputIds = new Int32Array(size * labelLength).fill(padId); // [B,T]
  const labels = new Int32Array(size * labelLength).fill(countsPadding ? padId : IGNORE_INDEX); // [B,T]
  let inputTokenCount = 0;
  let labelTokenCount = 0;
  for (let b = 0; b < size; b++) {
    const index = indices[b]!;
    const input = allInputIds.subarray(inputOffsets[index], inputOffsets[index + 1]);
    const label = allLabelIds.subarray(labelOffsets[index], labelOffsets[index + 1]);
    inputIds.set(input, b * inputLength);
    inputMask.fill(1, b * inputLength, b * inputLength + input.length);
    labels.set(label, b * labelLength);
    decoderInputIds[b * labelLength] = decoderStartTokenId;
    decoderInputIds.set(label.subarray(0, labelLength - 1), b * labelLength + 1);
    inputTokenCount += input.length;
    labelTokenCount += label.length;
  }
  const learnedPaddingCount = countsPadding ? labels.length - labelTokenCount : 0;
  return {
    size,
    inputLength,
    labelLength,
    inputIds,
    inputMask,
    decoderInputIds,
    labels,
    labelTokenCount: labelTokenCount + learnedPaddingCount,
    ...(countsPadding ? { learnedPaddingCount } : {}),
    inputTokenCount,
  };
}

function batchLengths(
  longestInput: number,
  longestLabel: number,
  { padsToMaxLength = false, maxInputTokens = 0, maxTargetTokens = 0, padMultiple }: CollateOptions,
): { inputLength: number; labelLength: number } {
  if (padsToMaxLength) {
    return {
      inputLength: Math.max(longestInput, maxInputTokens),
      labelLength: Math.max(longestLabel, maxTargetTokens),
    };
  }
  return {
    inputLength: paddedLength(longestInput, padMultiple),
    labelLength: paddedLabelLength(longestLabel, padMultiple),
  };
}
