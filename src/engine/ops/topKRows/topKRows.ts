/** The best tokens of each row, so that only they leave the device. WebGPU only; `rankTop` is the plain version. */
import type * as tf from '@tensorflow/tfjs';
import { allocate, reductionStyle, runKernel, type ReductionStyle } from '../../runtime.ts';
import { rowKernel, rowWorkgroups } from '../wgsl.ts';

export interface TopRows {
  /** [R,k] int32: higher scores first, among equals the higher id. */
  readonly ids: tf.Tensor2D;
  /** [R,k] */
  readonly scores: tf.Tensor2D;
  /** [R]: log Σ exp(score / temperature) over the whole row. */
  readonly logSumExp: tf.Tensor1D;
}

/** The `count` highest of scores [R,V], V below 2^24 and at least `count`; a row costs V + count · V / 128 reads a lane. */
export function topKRows(scores: tf.Tensor2D, count: number, temperature: number): TopRows {
  const [rows, columns] = scores.shape;
  if (count < 1 || count > columns) throw new RangeError(`There are no ${count} best of ${columns} scores.`);
  const style = reductionStyle();
  const top = {
    ids: allocate<tf.Rank.R2>([rows, count], 'int32'),
    scores: allocate<tf.Rank.R2>([rows, count]),
    logSumExp: allocate<tf.Rank.R1>([rows]),
  };
  runKernel({
    key: `topKRows ${style}`,
    code: () => topKCode(style),
    writes: [top.ids, top.scores, top.logSumExp],
    reads: [scores],
    uniforms: { u32: [rows, columns, count], f32: [1 / temperature] },
    workgroups: rowWorkgroups(style, rows),
  });
  return top;
}

/**
 * Every lane holds the best of its own columns; a round takes the best of the lanes, and the lane it came from looks for its
 * next one, below what was taken. Values and places are compared as f32 pairs.
 */
function topKCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    {
      writes: { ids: 'i32', best: 'f32', logSumExp: 'f32' },
      reads: { x: 'f32' },
      u32: ['rows', 'columns', 'wanted'],
      f32: ['inverseTemperature'],
    },
    `let start = row * u.columns;
  var next = bestBelow(row, lane, vec2<f32>(-lowest, f32(u.columns)));
  let highest = reduceMax(next.x, lane);
  var sum = 0.0;
  for (var i = lane; i < u.columns; i += LANES) {
    sum += exp(max((x[start + i] - highest) * u.inverseTemperature, -100.0)); // -100: as good as 0, and no overflow before it
  }
  sum = reduceSum(sum, lane);
  if (lane == 0u) { logSumExp[row] = highest * u.inverseTemperature + log(sum); }
  for (var place = 0u; place < u.wanted; place++) {
    let value = reduceMax(next.x, lane);
    let column = reduceMax(select(-1.0, next.y, next.x == value), lane);
    if (lane == 0u) {
      best[row * u.wanted + place] = value;
      ids[row * u.wanted + place] = i32(max(column, 0.0));
    }
    if (next.y == column) { next = bestBelow(row, lane, vec2<f32>(value, column)); }
  }`,
    `const lowest = -3.4028234663852886e38;
/** Score and column of the best of a lane's columns that comes after \`taken\`; column -1 where there is none. */
fn bestBelow(row: u32, lane: u32, taken: vec2<f32>) -> vec2<f32> {
  var found = vec2<f32>(lowest, -1.0);
  for (var i = lane; i < u.columns; i += LANES) {
    let value = x[row * u.columns + i];
    let isAfter = value < taken.x || (value == taken.x && f32(i) < taken.y);
    if (isAfter && value >= found.x) { found = vec2<f32>(value, f32(i)); }
  }
  return found;
}
`,
  );
}
