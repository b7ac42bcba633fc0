/** Nothing is timed that computes something else: every variant's result is first held against the others'. */

/** Throws unless all values agree within `tolerance` of the largest one. */
export function expectClose(
  name: string,
  values: ArrayLike<number>,
  wanted: ArrayLike<number>,
  tolerance = 1e-4,
): void {
  if (values.length !== wanted.length) {
    throw new Error(`${name} gave ${values.length} values instead of ${wanted.length}.`);
  }
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) largest = Math.max(largest, Math.abs(wanted[i]!));
  for (let i = 0; i < wanted.length; i++) {
    const isClose = Math.abs(values[i]! - wanted[i]!) <= tolerance * largest;
    if (!isClose) throw new Error(`${name} computed ${values[i]} at ${i} instead of ${wanted[i]}.`);
  }
}
