/** A row made ready: the prompt the model reads and the target it learns to write. */
export interface Example {
  /** Index of the row in its table (0-based). */
  rowIndex: number;
  prompt: string;
  target: string;
}
