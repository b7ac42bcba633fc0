/**
 * The random bits of dropout: a counter-based hash (PCG output permutation, O'Neill 2014), so that the mask of element
 * `index` under `seed` can be recomputed anywhere, in TypeScript and in WGSL, without storing it.
 */
import type { UniformNumber } from '../../kernelCache.ts';
import { activeRecorder } from '../../replay/activeRecorder.ts';

/** One round of the PCG-RXS-M-XS hash on an unsigned 32-bit integer. */
export function pcgHash(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** What kernels need of (rate, seed): keep element i when `pcg(pcg(i) + salt) >= threshold`, times `scale`. */
export interface DropoutConstants {
  salt: UniformNumber;
  threshold: number;
  scale: number;
}

/** Constants for a drop probability in [0, 1) and an integer seed. */
export function dropoutConstants(rate: number, seed: number): DropoutConstants {
  const salt = activeRecorder()?.liveNumber(seed, pcgHash) ?? pcgHash(seed);
  return { salt, ...maskConstants(rate) };
}

function maskConstants(rate: number): { threshold: number; scale: number } {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`Dropout rate must be in [0, 1), not ${rate}.`);
  return { threshold: Math.floor(rate * 4294967296), scale: 1 / (1 - rate) };
}

/** The multipliers of the first `size` elements: 0 or 1/(1 - rate). */
export function dropoutMask(size: number, rate: number, seed: number): Float32Array {
  const salt = pcgHash(seed);
  const { threshold, scale } = maskConstants(rate);
  const mask = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    if (pcgHash((pcgHash(i) + salt) >>> 0) >= threshold) mask[i] = scale;
  }
  return mask;
}

/** The same hash in WGSL: `dropoutScale(index, salt, threshold, scale)` is 0 or scale. */
export const dropoutWgsl = `
fn pcgHash(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}
fn dropoutScale(index: u32, salt: u32, threshold: u32, scale: f32) -> f32 {
  return select(0.0, scale, pcgHash(pcgHash(index) + salt) >= threshold);
}
`;
