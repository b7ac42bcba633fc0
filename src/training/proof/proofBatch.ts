/** A small random batch for the proof: two sequences of other lengths, so that padding takes part. */
import { IGNORE_INDEX, type Batch } from '../../data/batch.ts';
import type { T5Config } from '../../engine/t5/config.ts';
import { makePrng } from '../../lib/prng.ts';

const INPUT_LENGTH = 12;
const LABEL_LENGTH = 8;
const SHORTER_BY = 3;
const FIRST_ORDINARY_ID = 3; // after padding, end and unknown

/** Two rows of random ids; the second is shorter on both sides. */
export function proofBatch(config: T5Config, seed: number): Batch {
  const random = makePrng(seed);
  const size = 2;
  const id = (): number => FIRST_ORDINARY_ID + random.below(config.vocabSize - FIRST_ORDINARY_ID);
  const inputIds = Int32Array.from({ length: size * INPUT_LENGTH }, id);
  const inputMask = new Int32Array(size * INPUT_LENGTH).fill(1);
  const labels = Int32Array.from({ length: size * LABEL_LENGTH }, id);
  inputIds.fill(0, inputIds.length - SHORTER_BY);
  inputMask.fill(0, inputMask.length - SHORTER_BY);
  const decoderInputIds = shiftRight(labels, LABEL_LENGTH, config.decoderStartTokenId);
  labels.fill(IGNORE_INDEX, labels.length - SHORTER_BY);
  return {
    size,
    inputLength: INPUT_LENGTH,
    labelLength: LABEL_LENGTH,
    inputIds,
    inputMask,
    decoderInputIds,
    labels,
    inputTokenCount: inputIds.length - SHORTER_BY,
    labelTokenCount: labels.length - SHORTER_BY,
  };
}

function shiftRight(labels: Int32Array, length: number, start: number): Int32Array {
  return labels.map((_, i) => (i % length === 0 ? start : labels[i - 1]!));
}
