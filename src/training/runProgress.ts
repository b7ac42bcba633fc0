/** How far a run is: everything besides tensors and the sampler that going on from a checkpoint needs. Plain data. */
export interface RunProgress {
  /** Optimizer steps taken, skipped ones included. */
  step: number;
  /** AdamW updates made: the exponent of its bias corrections. */
  updates: number;
  /** Steps whose loss or gradient was not finite. */
  skippedSteps: number;
  skippedInARow: number;
  /** Sum of the losses of all steps that were not skipped; over `updates` it is HF's training_loss. */
  lossSum: number;
  /** Encoder positions of all passes so far, padding included: transformers' measure for `total_flos`. */
  inputPositions: number;
  /** Lowest validation loss and its step. */
  best: { step: number; loss: number } | null;
}

/** Progress of a run that has not begun. */
export function startProgress(): RunProgress {
  return {
    step: 0,
    updates: 0,
    skippedSteps: 0,
    skippedInARow: 0,
    lossSum: 0,
    inputPositions: 0,
    best: null,
  };
}
