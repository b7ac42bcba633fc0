/** Ticks at round numbers, for linear and logarithmic axes. */

/** The axis from its first to its last tick holds every value. */
export interface AxisTicks {
  ticks: number[];
  domain: [number, number];
}

/** About `count` ticks at multiples of 1, 2 or 5 times a power of ten around [min, max]. */
export function linearTicks(min: number, max: number, count = 5): AxisTicks {
  const [low, high] = max > min ? [min, max] : [min - Math.abs(min || 1) / 2, max + Math.abs(max || 1) / 2];
  const step = roundStep((high - low) / count);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => clean((first + i) * step));
  return { ticks, domain: [ticks[0]!, ticks.at(-1)!] };
}

/** Ticks at 1, 2 and 5 times powers of ten around [min, max], thinned to about `count`. Values must be above 0. */
export function logTicks(min: number, max: number, count = 5): AxisTicks {
  const candidates: number[] = [];
  for (let power = Math.floor(Math.log10(min)) - 1; power <= Math.ceil(Math.log10(max)); power++) {
    for (const digit of [1, 2, 5]) candidates.push(clean(digit * 10 ** power));
  }
  const first = Math.max(
    0,
    candidates.findLastIndex((tick) => tick <= min * (1 + 1e-9)),
  );
  const above = candidates.findIndex((tick) => tick >= max * (1 - 1e-9) && tick > candidates[first]!);
  const all = candidates.slice(first, above < 0 ? undefined : above + 1);
  const every = Math.max(1, Math.ceil((all.length - 1) / count));
  return {
    ticks: all.filter((_, i) => i % every === 0),
    domain: [all[0]!, all.at(-1)!],
  };
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const digit = rough / power;
  return (digit <= 1.2 ? 1 : digit <= 2.6 ? 2 : digit <= 6.5 ? 5 : 10) * power;
}

/** Takes away the dust of binary fractions: 0.30000000000000004 → 0.3. */
function clean(value: number): number {
  return Number(value.toPrecision(12));
}
