/** The tokens that rows have so far, kept on the device. WebGPU only. */
import * as tf from '@tensorflow/tfjs';
import { runKernel } from '../../runtime.ts';
import { elementKernel, elementWorkgroups } from '../wgsl.ts';

export interface TokenHistory {
  /** [R, capacity] int32; columns from `length` on are undefined. Owned by the history. */
  readonly tokens: tf.Tensor2D;
  readonly length: number;
  /** Adds the next token of every row; tokens [R] int32. */
  append(tokens: tf.Tensor1D): void;
  dispose(): void;
}

/** An empty history of `rows` rows. */
export function makeTokenHistory(rows: number, capacity: number): TokenHistory {
  const state = { tokens: tf.keep(tf.zeros<tf.Rank.R2>([rows, capacity], 'int32')), length: 0 };
  return Object.assign(state, {
    append(newest: tf.Tensor1D): void {
      runKernel({
        key: 'append to token history',
        code: appendCode,
        writes: [state.tokens],
        reads: [newest],
        uniforms: { u32: [rows, capacity, state.length++] },
        workgroups: elementWorkgroups(rows),
      });
    },
    dispose(): void {
      state.tokens.dispose();
    },
  });
}

function appendCode(): string {
  return elementKernel(
    { writes: { tokens: 'i32' }, reads: { newest: 'i32' }, u32: ['count', 'capacity', 'place'] },
    `tokens[i * u.capacity + u.place] = newest[i];`,
  );
}
