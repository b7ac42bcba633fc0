/** Long work tells how far it is, and asks whether it should stop. */
export interface Progress {
  /** What is going on now, in words people read: "Reading", "Tokenising". */
  phase: string;
  /** Units done so far. */
  done: number;
  /** Units in all; undefined while unknown. */
  total?: number;
  /** What is counted: rows, bytes, tokens, steps. */
  unit: 'rows' | 'bytes' | 'tokens' | 'steps' | 'tensors' | 'kernels' | 'files' | 'claims';
}

/** Given to every long function. `signal` is looked at between units of work; aborted work throws `signal.reason`. */
export interface Job {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}
