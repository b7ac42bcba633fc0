/** What a check of an op found. Pure, so that the page may read it. */

/** One op at one size, on the device against the processor. */
export interface OpVerdict {
  readonly op: string;
  readonly sizes: string;
  /** Largest error of the value or a gradient, as a share of the reference's largest value. Infinity for NaN. */
  readonly error: number;
  readonly tolerance: number;
  /** What was wrong, in words; absent when the error is within the tolerance. */
  readonly fault?: string;
}
