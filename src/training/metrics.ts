/** What one optimizer step tells the page. Units stand in the names. */
export interface StepMetrics {
  /** 1-based optimizer step. */
  step: number;
  /** Fractional epoch after this step. */
  epoch: number;
  /** Mean cross-entropy per learned token over the whole accumulated batch, nats. */
  loss: number;
  /** Where padding is learned too: the mean over words only, of the same logits. */
  maskedLoss?: number;
  /** Rate used in this step. */
  learningRate: number;
  /** Global norm before clipping. */
  gradNorm: number;
  /** Encoder and decoder tokens without padding. */
  tokenCount: number;
  /** Wall time of the step. */
  stepMs: number;
  /** Bytes the GPU holds for us. */
  gpuBytes: number;
}

/** What one pass over the validation rows tells. */
export interface EvalMetrics {
  step: number;
  epoch: number;
  /** Mean cross-entropy per learned token, nats. */
  loss: number;
}
