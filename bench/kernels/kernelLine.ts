/** What a line of the bench's table of kernels measures. */
import type { TensorContainer } from '@tensorflow/tfjs';

/** An op, and what it must at least do. */
export interface KernelLine {
  /** Its folder in src/engine/ops. */
  readonly op: string;
  /** The op, and which of its kernels where they have lines of their own. */
  readonly name: string;
  /** The least bytes that must be read and written, or, where arithmetic takes longer, the operations. */
  readonly least: { readonly bytes: number } | { readonly flop: number };
  readonly open: () => OpenLine;
}

/** An op with its inputs on the device. */
export interface OpenLine {
  /** Issues the op once. Called within `tf.tidy`. */
  readonly run: () => TensorContainer;
  readonly dispose: () => void;
}

/** A line of an op, or of some of its kernels where `part` says which. */
export function kernelLine(
  op: string,
  part: string,
  least: KernelLine['least'],
  open: () => OpenLine,
): KernelLine {
  return { op, name: part === '' ? op : `${op}, ${part}`, least, open };
}

/** Sizes of all lines. */
export interface LineSizes {
  /** Tokens. */
  readonly rows: number;
  /** Of an activation. */
  readonly width: number;
  readonly vocabSize: number;
  readonly heads: number;
  /** Sequences that the rows are divided among. */
  readonly batch: number;
}

/** 512 tokens in flan-t5-base, over the starter's vocabulary. */
export const benchSizes: LineSizes = { rows: 512, width: 768, vocabSize: 8192, heads: 12, batch: 4 };

/** To see that everything runs. */
export const quickSizes: LineSizes = { rows: 8, width: 16, vocabSize: 64, heads: 2, batch: 2 };
