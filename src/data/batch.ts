/** Labels with this id are not learned. Same as PyTorch's cross-entropy `ignore_index`. */
export const IGNORE_INDEX = -100;

/** One padded batch as typed arrays, row-major. B examples, S encoder positions, T decoder positions. */
export interface Batch {
  size: number;
  inputLength: number;
  labelLength: number;
  /** [B,S]; padding is 0. */
  inputIds: Int32Array;
  /** [B,S]; 1 for a token, 0 for padding. */
  inputMask: Int32Array;
  /** [B,T]; labels shifted right by one, starting with `decoder_start_token_id`. */
  decoderInputIds: Int32Array;
  /** [B,T]; padding is IGNORE_INDEX, or the id of padding where it is to be learned. */
  labels: Int32Array;
  /** Labels that are learned (not IGNORE_INDEX). */
  labelTokenCount: number;
  /** How many of the learned labels are padding; absent where padding is not learned. */
  learnedPaddingCount?: number;
  /** Encoder tokens that are not padding. */
  inputTokenCount: number;
}
