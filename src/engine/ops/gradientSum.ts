/**
 * One gradient for a table that several ops of a pass use. tfjs makes a gradient for each use and then their sums, which for an
 * embedding, looked up by both stacks and multiplied with by a tied head, are tables of zeros but for a few rows.
 */
import * as tf from '@tensorflow/tfjs';
import { zeros } from './accumulate/accumulate.ts';
import { customGradient } from './customGradient.ts';

/** A handle has no meaning as a number; kernels for four numbers are compiled anyway. */
const handleShape: [number] = [4];

/** Sums that a walk over the tape has begun and not yet handed over. */
const begun = new Set<GradientSum>();

/**
 * The sum of one table's gradients in one pass. An op that takes part has `handle` as its input in the table's place, and in
 * its gradient function gives `add` what it adds.
 */
export class GradientSum {
  /** Stands for the table on the tape: the walk comes to it once all its uses have added to the sum. */
  readonly handle: tf.Tensor1D;
  private sum: tf.Tensor2D | null = null;

  constructor(table: tf.Tensor2D) {
    this.handle = customGradient<tf.Tensor[], tf.Tensor1D>([table], () => ({
      value: zeros<tf.Rank.R1>(handleShape),
      saved: [],
      gradient: () => [this.take()],
    }));
  }

  /**
   * `change` gets the sum so far, or null for nothing, which it may write over, and returns the new one. Returns what stands for
   * the gradient of `handle`.
   */
  add(change: (sum: tf.Tensor2D | null) => tf.Tensor2D): tf.Tensor1D {
    const last = this.sum;
    const next = tf.tidy(() => change(last));
    if (next !== last) {
      last?.dispose();
      this.sum = tf.keep(next);
      begun.add(this);
    }
    return zeros<tf.Rank.R1>(handleShape);
  }

  /** Frees what was added. */
  drop(): void {
    this.sum?.dispose();
    this.sum = null;
    begun.delete(this);
  }

  private take(): tf.Tensor2D {
    if (this.sum === null) throw new Error('No use of a table added to the sum of its gradients.');
    const handedOver = tf.clone(this.sum); // unlike the sum it belongs to the walk
    this.drop();
    return handedOver;
  }
}

/** The sums of a pass, by table. */
export class GradientSums {
  private readonly sums = new Map<tf.Tensor2D, GradientSum>();

  of(table: tf.Tensor2D): GradientSum {
    const sum = this.sums.get(table) ?? new GradientSum(table);
    this.sums.set(table, sum);
    return sum;
  }
}

/** Runs a walk over the tape; should it fail, the sums that it began are freed. */
export function takingSums<T>(walk: () => T): T {
  try {
    return walk();
  } finally {
    for (const sum of begun) sum.drop();
  }
}
