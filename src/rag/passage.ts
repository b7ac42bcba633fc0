/** A stretch of text that can be looked up and shown to the model. */
export interface Passage {
  /** File name, or the name of the table for training rows. */
  source: string;
  /** Headings above the passage, outermost first, joined by ` › `; empty when there are none. */
  heading: string;
  text: string;
  /** 1-based lines of the source; for training rows both are absent. */
  firstLine?: number;
  lastLine?: number;
  /** Index of the training row (0-based) that the passage was made of. */
  rowIndex?: number;
}

/** A passage with its BM25 score; higher is better, the scale depends on the index. */
export interface ScoredPassage extends Passage {
  score: number;
}
