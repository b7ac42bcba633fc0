/**
 * Token ids of many examples in two flat arrays, ready to be transferred between threads.
 * Example i reads inputIds[inputOffsets[i] .. inputOffsets[i+1]) and learns labelIds[labelOffsets[i] .. labelOffsets[i+1]).
 * Both end with </s>; both are already cut to their maximum lengths (the </s> is kept).
 */
export interface TokenSet {
  exampleCount: number;
  inputIds: Int32Array;
  /** Length exampleCount + 1. */
  inputOffsets: Uint32Array;
  labelIds: Int32Array;
  /** Length exampleCount + 1. */
  labelOffsets: Uint32Array;
}

/** How the cutting went; lengths are in tokens and include </s>. */
export interface TokenSetSummary {
  exampleCount: number;
  inputTokens: number;
  labelTokens: number;
  longestInput: number;
  longestLabel: number;
  truncatedInputs: number;
  truncatedLabels: number;
  unknownTokens: number;
}
