/** Decoding kernels: appending a position to a cache, and one query's attention over keys in a single dispatch. */
import type { ReductionStyle } from '../../runtime.ts';
import { elementKernel, rowKernel, valueFunctions, type WgslType } from '../wgsl.ts';

type Value = 'f32' | 'vec4<f32>';

/** Writes key and value [B, width] at `position` of caches [B, capacity, width]; one invocation per value. */
export function appendCode(value: Value): string {
  return elementKernel(
    {
      writes: { keys: value, values: value },
      reads: { key: value, value: value },
      u32: ['count', 'width', 'capacity', 'position'],
    },
    `let place = (i / u.width * u.capacity + u.position) * u.width + i % u.width;
  keys[place] = key[i];
  values[place] = value[i];`,
  );
}

/** Copies `filled` values of each sequence's parent from caches with `stride` values a sequence; one invocation per value. */
export function reorderCode(value: Value): string {
  return elementKernel(
    {
      writes: { movedKeys: value, movedValues: value },
      reads: { keys: value, values: value, parents: 'i32' },
      u32: ['count', 'filled', 'stride'],
    },
    `let sequence = i / u.filled;
  let source = u32(parents[sequence]) * u.stride + i % u.filled;
  let place = sequence * u.stride + i % u.filled;
  movedKeys[place] = keys[source];
  movedValues[place] = values[source];`,
  );
}

/** Which optional buffers the attention kernel reads. */
export interface DecodeVariant {
  value: Value;
  hasBias: boolean;
  mask: 'f32' | 'i32' | null;
}

/**
 * A row is one (query, head), the queries of a sequence lying together: scores over `length` keys go to `scratch`, become
 * probabilities, and weigh the values.
 * Keys and values are [B, capacity, H*K]; sizes in values of the number type.
 */
export function decodeAttentionCode(style: ReductionStyle, { value, hasBias, mask }: DecodeVariant): string {
  const reads: Record<string, WgslType> = { query: value, keys: value, values: value };
  if (hasBias) reads['bias'] = 'f32';
  if (mask !== null) reads['mask'] = mask;
  return rowKernel(
    style,
    {
      writes: { context: value, scratch: 'f32' },
      reads,
      u32: ['rows', 'heads', 'headSize', 'capacity', 'length', 'biasHead', 'biasStart', 'group'],
    },
    `let sequence = row / u.heads / u.group;
  let head = row % u.heads;
  let width = u.heads * u.headSize;
  let queryStart = row * u.headSize;
  let keyStart = sequence * u.capacity * width + head * u.headSize;
  let scoreStart = row * u.capacity;
  var highest = lowest;
  for (var j = lane; j < u.length; j += LANES) {
    var score = ${hasBias ? 'bias[head * u.biasHead + u.biasStart + j]' : '0.0'};
    for (var d = 0u; d < u.headSize; d++) { score += total(query[queryStart + d] * keys[keyStart + j * width + d]); }
    ${mask === null ? '' : `if (mask[sequence * u.length + j] == ${mask}(0)) { score = lowest; }`}
    scratch[scoreStart + j] = score;
    highest = max(highest, score);
  }
  highest = reduceMax(highest, lane);
  var sum = 0.0;
  for (var j = lane; j < u.length; j += LANES) {
    let e = exp(scratch[scoreStart + j] - highest);
    scratch[scoreStart + j] = e;
    sum += e;
  }
  let inverse = 1.0 / reduceSum(sum, lane);
  BARRIER;
  for (var d = lane; d < u.headSize; d += LANES) {
    var weighed = ${value}(0.0);
    for (var j = 0u; j < u.length; j++) { weighed += scratch[scoreStart + j] * values[keyStart + j * width + d]; }
    context[queryStart + d] = weighed * inverse;
  }`,
    `${valueFunctions(value)}const lowest = -3.4028234663852886e38;\n`,
  );
}
