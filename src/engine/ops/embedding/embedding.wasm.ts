/** Adding rows to a table in place on tfjs's WASM heap. */
import * as tf from '@tensorflow/tfjs';
import { wasmBackend } from '../../wasmBackend.ts';

/** table[ids[t]] += dy[t] where the table lies, in order of t; false, and nothing done, where the present backend cannot. */
export function addRowsOnHeap(table: tf.Tensor2D, dy: tf.Tensor2D, ids: tf.Tensor): boolean {
  if (tf.getBackend() !== 'wasm') return false;
  const backend = wasmBackend();
  if (backend.refCount(table.dataId) > 1) return false;
  const width = table.shape[1];
  const [sums, values] = [table, dy].map((tensor) => backend.typedArrayFromHeap(tensor));
  backend.typedArrayFromHeap(ids).forEach((id, row) => {
    for (let i = 0; i < width; i++) sums![id * width + i]! += values![row * width + i]!;
  });
  return true;
}
