/** Keys and values of the tokens decoded so far, for one layer. */
import * as tf from '@tensorflow/tfjs';
import { allocate, isWebgpu, runKernel } from '../../runtime.ts';
import { elementWorkgroups, lanesOf, widestType } from '../wgsl.ts';
import { appendCode, reorderCode } from './cachedAttention.wgsl.ts';

/** A cache that `append` fills. Its tensors survive `tf.tidy`; only `dispose` frees them. */
export interface KeyValueCache {
  readonly batch: number;
  /** H*K */
  readonly width: number;
  /** Most positions it takes. */
  readonly capacity: number;
  /** Positions filled. */
  readonly length: number;
  /** [B, rows, H*K] with rows ≥ length; rows beyond `length` are undefined. Owned by the cache, replaced by `append` on
   *  WASM and CPU. */
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
  /** Adds the next position of every sequence; key and value [B, H*K]. Throws a RangeError when full. */
  append(key: tf.Tensor2D, value: tf.Tensor2D): void;
  /** Puts the filled positions of sequence `parents[b]` into sequence b; parents [B] int32. */
  reorder(parents: tf.Tensor1D): void;
  dispose(): void;
}

/** An empty cache for `capacity` positions of `batch` sequences. */
export function makeKeyValueCache(batch: number, width: number, capacity: number): KeyValueCache {
  const shape: [number, number, number] = [batch, isWebgpu() ? capacity : 0, width];
  const empty = (): tf.Tensor3D => tf.keep(isWebgpu() ? allocate<tf.Rank.R3>(shape) : tf.zeros(shape));
  const state = { batch, width, capacity, length: 0, keys: empty(), values: empty() };
  const write = isWebgpu() ? appendInPlace : appendByCopy;
  return Object.assign(state, {
    append(key: tf.Tensor2D, value: tf.Tensor2D): void {
      if (state.length === capacity) {
        throw new RangeError(`The key-value cache is full at ${capacity} positions.`);
      }
      write(state, key, value);
      state.length++;
    },
    reorder(parents: tf.Tensor1D): void {
      const [keys, values] = tf.tidy(() => {
        const moved = isWebgpu() ? gatherFilled(state, parents) : gatherAll(state, parents);
        return moved.map((tensor) => tf.keep(tensor));
      });
      tf.dispose([state.keys, state.values]);
      state.keys = keys!;
      state.values = values!;
    },
    dispose(): void {
      tf.dispose([state.keys, state.values]);
    },
  });
}

interface CacheState {
  readonly batch: number;
  readonly width: number;
  readonly capacity: number;
  readonly length: number;
  keys: tf.Tensor3D;
  values: tf.Tensor3D;
}

function appendInPlace(state: CacheState, key: tf.Tensor2D, value: tf.Tensor2D): void {
  const { batch, width, capacity, length } = state;
  const type = widestType(width);
  const columns = width / lanesOf(type);
  runKernel({
    key: `append to cache ${type}`,
    code: () => appendCode(type),
    writes: [state.keys, state.values],
    reads: [key, value],
    uniforms: { u32: [batch * columns, columns, capacity, length] },
    workgroups: elementWorkgroups(batch * columns),
  });
}

function appendByCopy(state: CacheState, key: tf.Tensor2D, value: tf.Tensor2D): void {
  const { batch, width } = state;
  const grown = (old: tf.Tensor3D, row: tf.Tensor2D): tf.Tensor3D =>
    tf.tidy(() => tf.keep(tf.concat([old, tf.reshape<tf.Rank.R3>(row, [batch, 1, width])], 1)));
  const keys = grown(state.keys, key);
  const values = grown(state.values, value);
  tf.dispose([state.keys, state.values]);
  state.keys = keys;
  state.values = values;
}

function gatherFilled(state: CacheState, parents: tf.Tensor1D): tf.Tensor3D[] {
  const { batch, width, capacity, length, keys, values } = state;
  const type = widestType(width);
  const columns = width / lanesOf(type);
  const moved = [keys, values].map(() => allocate<tf.Rank.R3>([batch, capacity, width]));
  runKernel({
    key: `reorder cache ${type}`,
    code: () => reorderCode(type),
    writes: moved,
    reads: [keys, values, parents],
    uniforms: { u32: [batch * length * columns, length * columns, capacity * columns] },
    workgroups: elementWorkgroups(batch * length * columns),
  });
  return moved;
}

function gatherAll({ keys, values }: CacheState, parents: tf.Tensor1D): tf.Tensor3D[] {
  return [tf.gather(keys, parents), tf.gather(values, parents)];
}
