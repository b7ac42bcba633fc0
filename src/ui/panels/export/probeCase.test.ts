import { describe, expect, it } from 'vitest';
import { probeCase } from './probeCase.ts';

describe('the probe for Python', () => {
  it('nests the logits by position', () => {
    const text = probeCase({
      inputIds: Int32Array.of(5, 6, 1),
      decoderInputIds: Int32Array.of(0, 5),
      logits: Float32Array.of(0.5, 1, 2, 3, 4, 5),
    });
    expect(JSON.parse(text)).toEqual([
      {
        input_ids: [[5, 6, 1]],
        attention_mask: [[1, 1, 1]],
        decoder_input_ids: [[0, 5]],
        logits: [
          [
            [0.5, 1, 2],
            [3, 4, 5],
          ],
        ],
      },
    ]);
  });
});
