import { describe, expect, it } from 'vitest';
import { collate, paddedLabelLength, paddedLength } from './collate.ts';
import type { TokenSet } from './tokenSet.ts';

const tokens: TokenSet = {
  exampleCount: 3,
  inputIds: Int32Array.of(11, 12, 1, 21, 1, 31, 32, 33, 34, 1),
  inputOffsets: Uint32Array.of(0, 3, 5, 10),
  labelIds: Int32Array.of(7, 1, 8, 9, 1, 1),
  labelOffsets: Uint32Array.of(0, 2, 5, 6),
};

describe('collate', () => {
  it('pads, masks and shifts as T5 wants it', () => {
    const batch = collate(tokens, [1, 0], { padId: 0, decoderStartTokenId: 0, padMultiple: 1 });
    expect(batch).toEqual({
      size: 2,
      inputLength: 3,
      labelLength: 3,
      inputIds: Int32Array.of(21, 1, 0, 11, 12, 1),
      inputMask: Int32Array.of(1, 1, 0, 1, 1, 1),
      decoderInputIds: Int32Array.of(0, 8, 9, 0, 7, 1),
      labels: Int32Array.of(8, 9, 1, 7, 1, -100),
      labelTokenCount: 5,
      inputTokenCount: 5,
    });
  });

  it('pads to fixed lengths, with its own pad id', () => {
    const batch = collate(tokens, [2], { padId: 5, decoderStartTokenId: 6 });
    expect([batch.inputLength, batch.labelLength]).toEqual([32, 8]);
    expect([...batch.inputIds.subarray(0, 7)]).toEqual([31, 32, 33, 34, 1, 5, 5]);
    expect(batch.inputMask.reduce((a, b) => a + b)).toBe(5);
    expect([...batch.decoderInputIds.subarray(0, 3)]).toEqual([6, 1, 5]);
    expect([...batch.labels.subarray(0, 3)]).toEqual([1, -100, -100]);
  });
});

describe('the well-known lab', () => {
  it('pads to the limits and learns padding as id 0', () => {
    const batch = collate(tokens, [1, 0], {
      padId: 0,
      decoderStartTokenId: 0,
      padsToMaxLength: true,
      maxInputTokens: 6,
      maxTargetTokens: 5,
      countsPadding: true,
    });
    expect([batch.inputLength, batch.labelLength]).toEqual([6, 5]);
    expect(batch.labels).toEqual(Int32Array.of(8, 9, 1, 0, 0, 7, 1, 0, 0, 0));
    expect(batch.decoderInputIds).toEqual(Int32Array.of(0, 8, 9, 1, 0, 0, 7, 1, 0, 0));
    expect(batch.labelTokenCount).toBe(10);
    expect(batch.learnedPaddingCount).toBe(5);
  });
});

describe('padded lengths', () => {
  it('are few', () => {
    const lengths = Array.from({ length: 512 }, (_, i) => i + 1);
    expect([...new Set(lengths.map((length) => paddedLength(length)))]).toEqual([
      32, 64, 96, 128, 192, 256, 320, 384, 448, 512,
    ]);
    expect([...new Set(lengths.slice(0, 128).map((length) => paddedLabelLength(length)))]).toEqual([
      8, 16, 32, 64, 96, 128,
    ]);
    expect(
      lengths.every((length) => paddedLength(length) >= length && paddedLabelLength(length) >= length),
    ).toBe(true);
  });

  it('are exact with a multiple of 1', () => {
    for (const length of [1, 2, 3, 5, 77]) {
      expect([paddedLength(length, 1), paddedLabelLength(length, 1)]).toEqual([length, length]);
    }
  });
});
