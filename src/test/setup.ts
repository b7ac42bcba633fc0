import { expect } from 'vitest';

/** How far two numeric arrays may differ: |a - b| ≤ atol + rtol·|b|. Both are always written out. */
interface Tolerance {
  atol: number;
  rtol: number;
}

expect.extend({
  toBeAllClose(received: ArrayLike<number>, expected: ArrayLike<number>, { atol, rtol }: Tolerance) {
    if (received.length !== expected.length) {
      return { pass: false, message: () => `lengths differ: ${received.length} and ${expected.length}` };
    }
    let worst = -1;
    let worstAt = -1;
    for (let i = 0; i < expected.length; i++) {
      const a = received[i]!;
      const b = expected[i]!;
      const excess =
        Number.isNaN(a) || Number.isNaN(b) ? Infinity : Math.abs(a - b) - (atol + rtol * Math.abs(b));
      if (excess > 0 && excess > worst) {
        worst = excess;
        worstAt = i;
      }
    }
    return {
      pass: worstAt < 0,
      message: () =>
        `largest excess at index ${worstAt}: got ${received[worstAt]}, expected ${expected[worstAt]} (atol ${atol}, rtol ${rtol})`,
    };
  },
});

declare module 'vitest' {
  // oxlint-disable-next-line typescript/no-explicit-any -- vitest's own signature
  interface Matchers<T = any> {
    toBeAllClose(expected: ArrayLike<number>, tolerance: Tolerance): T;
  }
}
