/** Repetition penalty, repeated n-grams and least length on the device. WebGPU only; `processScores` is the plain version. */
import * as tf from '@tensorflow/tfjs';
import { shortestHistory, type ProcessorOptions } from '../../decoding/logitsProcessors.ts';
import { reductionStyle, runKernel, type ReductionStyle } from '../../runtime.ts';
import { rowKernel, rowWorkgroups } from '../wgsl.ts';

/** What a banned token's score becomes: the lowest number, as WGSL knows no infinity. */
export const BANNED = -3.4028234663852886e38;

/** Processes scores [R,V] in place; `history` [R,T] int32 holds each row's tokens in its first `length` columns. */
export function processRows(
  scores: tf.Tensor2D,
  history: tf.Tensor2D,
  length: number,
  options: ProcessorOptions,
  endIds: readonly number[],
): void {
  const [rows, columns] = scores.shape;
  const style = reductionStyle();
  const bansEnd = length < shortestHistory(options);
  const { repetitionPenalty, noRepeatNgramSize } = options;
  const ends = tf.tensor1d([...endIds], 'int32');
  runKernel({
    key: `processRows ${style}`,
    code: () => processCode(style),
    writes: [scores],
    reads: [history, ends],
    uniforms: {
      u32: [rows, columns, history.shape[1], length, noRepeatNgramSize, bansEnd ? endIds.length : 0],
      f32: [repetitionPenalty],
    },
    workgroups: rowWorkgroups(style, rows),
  });
  ends.dispose();
}

/** Lanes share out the past tokens; of equal ones the first changes the score. */
function processCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    {
      writes: { scores: 'f32' },
      reads: { history: 'i32', ends: 'i32' },
      u32: ['rows', 'columns', 'capacity', 'length', 'size', 'endCount'],
      f32: ['penalty'],
    },
    `let start = row * u.columns;
  let past = row * u.capacity;
  if (u.penalty != 1.0) {
    for (var t = lane; t < u.length; t += LANES) {
      let id = history[past + t];
      var first = 0u;
      while (history[past + first] != id) { first++; }
      if (first < t) { continue; }
      let place = start + u32(id);
      let score = scores[place];
      scores[place] = select(score / u.penalty, score * u.penalty, score < 0.0);
    }
  }
  BARRIER;
  if (u.size > 0u && u.length >= u.size) {
    let prefix = u.length - u.size + 1u;
    for (var t = lane; t < prefix; t += LANES) {
      var same = 0u;
      while (same + 1u < u.size && history[past + t + same] == history[past + prefix + same]) { same++; }
      if (same + 1u == u.size) { scores[start + u32(history[past + t + same])] = banned; }
    }
  }
  for (var e = lane; e < u.endCount; e += LANES) { scores[start + u32(ends[e])] = banned; }`,
    `const banned = ${BANNED};\n`,
  );
}
