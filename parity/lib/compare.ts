/** Lines of the table from values. */
import type { Line } from './parityCase.ts';

/**
 * Largest |ours − reference|, in parts of the largest |reference| of the tensor: the error that matters to whoever uses
 * the tensor. The line shows the two values where they differ most.
 */
export function compareTensors(
  name: string,
  ours: ArrayLike<number>,
  reference: ArrayLike<number>,
  tolerance: number,
): Line {
  const mismatch = sizeLine(name, ours, reference, tolerance);
  if (mismatch !== null) return mismatch;
  let scale = 0;
  let worst = -1;
  let at = 0;
  for (let i = 0; i < reference.length; i++) {
    scale = Math.max(scale, Math.abs(reference[i]!));
    const difference = Math.abs(ours[i]! - reference[i]!);
    if (difference > worst || Number.isNaN(difference)) {
      worst = difference;
      at = i;
      if (Number.isNaN(difference)) break;
    }
  }
  const error = worst === 0 ? 0 : worst / scale;
  return { name, ours: ours[at]!, reference: reference[at]!, error, tolerance };
}

/**
 * Largest |ours − reference| / |reference| of any value: for numbers that each mean something of their own, as the losses of
 * a run. The line shows the two that differ most.
 */
export function compareEach(
  name: string,
  ours: readonly number[],
  reference: readonly number[],
  tolerance: number,
): Line {
  const mismatch = sizeLine(name, ours, reference, tolerance);
  if (mismatch !== null) return mismatch;
  const lines = reference.map((value, i) => compareTensors('', [ours[i]!], [value], tolerance));
  const worst = worstOf('', lines);
  return { ...worst, name: `${name} of ${lines.length}` };
}

/** A failed line where the two sides have other sizes, or nothing at all: what compares nothing must not pass. */
function sizeLine(
  name: string,
  ours: ArrayLike<number>,
  reference: ArrayLike<number>,
  tolerance: number,
): Line | null {
  if (ours.length === reference.length && reference.length > 0) return null;
  const sizes = { ours: `${ours.length} values`, reference: `${reference.length} values` };
  return { name, ...sizes, error: Infinity, tolerance };
}

/** The line with the largest error, in parts of its tolerance, under a name for all of them; the largest when all agree. */
export function worstOf(name: string, lines: readonly Line[]): Line {
  if (lines.length === 0) throw new Error(`There was nothing to compare for ${name}.`);
  const excess = ({ error, tolerance }: Line) =>
    Number.isNaN(error) ? Infinity : tolerance === 0 ? error : error / tolerance;
  const worst = lines.reduce((one, other) => (excess(other) > excess(one) ? other : one));
  if (worst.error === 0) {
    const size = ({ reference }: Line) => (typeof reference === 'number' ? Math.abs(reference) : 0);
    const largest = lines.reduce((one, other) => (size(other) > size(one) ? other : one));
    return { ...largest, name: `${name} (all ${lines.length} equal)` };
  }
  return { ...worst, name: `${name} (worst of ${lines.length}: ${worst.name})` };
}

/** A count that must be what it is; for things that are equal or not. */
export function compareCounts(name: string, ours: number, reference: number): Line {
  return { name, ours, reference, error: Math.abs(ours - reference), tolerance: 0 };
}

/** |ours − reference| of one number. */
export function compareNumbers(name: string, ours: number, reference: number, tolerance: number): Line {
  return { name, ours, reference, error: Math.abs(ours - reference), tolerance };
}
