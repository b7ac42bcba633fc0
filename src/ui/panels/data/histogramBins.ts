/** Lengths sorted into at most `most` equal bins of a round width, the last one ending at or after the longest. */
export function histogramBins(lengths: ArrayLike<number>, most = 32): { width: number; counts: number[] } {
  let longest = 1;
  for (let i = 0; i < lengths.length; i++) longest = Math.max(longest, lengths[i]!);
  const width =
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].find((step) => longest / step < most) ??
    Math.ceil(longest / most);
  const counts = Array.from({ length: Math.floor(longest / width) + 1 }, () => 0);
  for (let i = 0; i < lengths.length; i++) counts[Math.floor(lengths[i]! / width)]!++;
  return { width, counts };
}
