/** Prompts of several lengths as one padded batch. */

/** Prompts as padded token ids. */
export interface PromptBatch {
  readonly size: number;
  readonly inputLength: number;
  /** [B,S]; padding is 0. */
  readonly inputIds: Int32Array;
  /** [B,S]; 1 for a token, 0 for padding. */
  readonly inputMask: Int32Array;
}

/** Pads prompts with 0 to the longest of them, or to `inputLength` where that is more, and to a multiple of 4: kernels then
 *  read four keys at a time. */
export function padPrompts(prompts: readonly ArrayLike<number>[], inputLength = 1): PromptBatch {
  const length = Math.ceil(Math.max(inputLength, ...prompts.map((ids) => ids.length)) / 4) * 4;
  const inputIds = new Int32Array(prompts.length * length);
  const inputMask = new Int32Array(prompts.length * length);
  for (const [row, ids] of prompts.entries()) {
    inputIds.set(ids, row * length);
    inputMask.fill(1, row * length, row * length + ids.length);
  }
  return { size: prompts.length, inputLength: length, inputIds, inputMask };
}
