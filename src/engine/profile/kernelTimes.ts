/** How long kernels took, summed by name. Pure. */

/** One kernel's share of a profiled piece of work. */
export interface KernelTime {
  readonly name: string;
  readonly calls: number;
  /** Milliseconds of all calls together. */
  readonly ms: number;
  /** Of the time of all kernels, 0 to 1. */
  readonly share: number;
}

/** What `profileKernels` found. */
export interface KernelProfile {
  /** Slowest first. */
  readonly kernels: readonly KernelTime[];
  /** Milliseconds of all kernels. */
  readonly kernelMs: number;
  /** Milliseconds from the beginning to the end of the work, kernels, JavaScript and waiting included. */
  readonly totalMs: number;
}

/** One call. */
export interface KernelCall {
  readonly name: string;
  readonly ms: number;
}

/** Sums calls by name. */
export function sumCalls(calls: Iterable<KernelCall>, totalMs: number): KernelProfile {
  const sums = new Map<string, { calls: number; ms: number }>();
  let kernelMs = 0;
  for (const { name, ms } of calls) {
    const sum = sums.get(name) ?? { calls: 0, ms: 0 };
    sum.calls++;
    sum.ms += ms;
    kernelMs += ms;
    sums.set(name, sum);
  }
  const kernels = [...sums].map(([name, sum]) => ({
    name,
    ...sum,
    share: kernelMs > 0 ? sum.ms / kernelMs : 0,
  }));
  return { kernels: kernels.sort((a, b) => b.ms - a.ms), kernelMs, totalMs };
}
