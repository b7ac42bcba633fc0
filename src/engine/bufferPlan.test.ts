import { expect, test } from 'vitest';
import { BufferPlan, layOut } from './bufferPlan.ts';

const bufferOf = (size: number): GPUBuffer => ({ size }) as GPUBuffer;

/** Runs a step: request i of `sizes` is let go once `ends[i]` requests were made. Returns what each got. */
function step(
  plan: BufferPlan,
  sizes: readonly number[],
  ends: readonly number[],
  kind = 'step',
): { given: GPUBuffer[]; dropped: GPUBuffer[] } {
  const given: GPUBuffer[] = [];
  plan.begin(kind);
  for (const [i, size] of sizes.entries()) {
    for (const [j, buffer] of given.entries()) if (ends[j] === i) plan.released(buffer);
    const slot = plan.next();
    const isFit = slot !== undefined && size <= slot.size;
    const buffer = (isFit ? slot.buffer : undefined) ?? bufferOf(isFit ? slot.size : size);
    if (isFit && slot.buffer === undefined) plan.fill(slot, buffer);
    given.push(buffer);
    plan.gave(buffer, size);
  }
  for (const [j, buffer] of given.entries()) if (ends[j] === sizes.length) plan.released(buffer);
  return { given, dropped: plan.end() };
}

test('requests that never live at once share a slot as large as the largest of them', () => {
  const sizes = [4, 9, 2, 8, 1];
  const ends = [1, 3, 4, 5, Infinity];
  const { slotOf, slotSizes } = layOut({ sizes, ends });
  expect(slotSizes).toEqual([9, 2]);
  expect(slotOf).toEqual([0, 0, 1, 0, -1]);
});

test('no two requests of a slot live at once, and slots hold their requests', () => {
  for (let seed = 1; seed < 30; seed++) {
    const noise = (i: number): number => Math.abs(Math.sin(seed * 78.233 + i * 12.9898) * 43758.5453) % 1;
    const sizes = Array.from({ length: 60 }, (_, i) => 1 + Math.floor(noise(i) * 100));
    const ends = sizes.map((_, i) =>
      noise(i + 99) < 0.1 ? Infinity : i + 1 + Math.floor(noise(i + 500) * 9),
    );
    const { slotOf, slotSizes } = layOut({ sizes, ends });
    const liveBytes = sizes.map((_, at) =>
      sizes.reduce((sum, size, i) => sum + (i <= at && ends[i]! > at && ends[i] !== Infinity ? size : 0), 0),
    );
    const isClash = (i: number, j: number): boolean =>
      slotOf[i]! >= 0 && slotOf[i] === slotOf[j] && i < j && ends[i]! > j;
    expect(sizes.some((_, i) => sizes.some((__, j) => isClash(i, j)))).toBe(false);
    expect(slotOf.every((slot, i) => slot < 0 || slotSizes[slot]! >= sizes[i]!)).toBe(true);
    expect(slotOf.every((slot, i) => slot < 0 === (ends[i] === Infinity))).toBe(true);
    const held = slotSizes.reduce((a, b) => a + b, 0);
    expect(held).toBeGreaterThanOrEqual(Math.max(...liveBytes));
    expect(held).toBeLessThan(1.5 * Math.max(...liveBytes));
  }
});

test('after the longest step was seen, steps of all lengths get the same buffers', () => {
  const plan = new BufferPlan();
  const ends = [2, 3, 4, 4, Infinity];
  const ofLength = (length: number): number[] => [length, 3 * length, length ** 2, 2, 1];
  step(plan, ofLength(3), ends);
  step(plan, ofLength(10), ends);
  step(plan, ofLength(5), ends);
  const long = step(plan, ofLength(10), ends).given;
  const short = step(plan, ofLength(3), ends).given;
  expect(short.slice(0, 4)).toEqual(long.slice(0, 4));
  expect(short.slice(0, 4).every((buffer, i) => buffer === long[i])).toBe(true);
  expect(plan.owns(long[0]!)).toBe(true);
  expect(plan.owns(long[4]!)).toBe(false); // it outlives the step
});

test('kinds of steps share buffers, and a growing one drops those too small', () => {
  const plan = new BufferPlan();
  for (let i = 0; i < 3; i++) step(plan, [8, 8], [2, 2], 'first');
  for (let i = 0; i < 2; i++) step(plan, [4, 4, 4], [3, 3, 3], 'later');
  const first = step(plan, [8, 8], [2, 2], 'first').given;
  const later = step(plan, [4, 4, 4], [3, 3, 3], 'later').given;
  expect(new Set([...first, ...later]).size).toBe(3);
  const { dropped } = step(plan, [80, 8], [2, 2], 'first');
  expect(dropped.length).toBeGreaterThan(0);
  expect(dropped.every((buffer) => !plan.owns(buffer))).toBe(true);
});

test('a step that makes more requests is laid out once it came twice', () => {
  const plan = new BufferPlan();
  for (let i = 0; i < 2; i++) step(plan, [8, 8], [2, 2]);
  plan.begin('step');
  expect(plan.next()).toBeDefined();
  step(plan, [8, 8, 8], [3, 3, 3]);
  plan.begin('step');
  expect(plan.next()).toBeUndefined();
  step(plan, [8, 8, 8], [3, 3, 3]);
  plan.begin('step');
  expect(plan.next()).toBeDefined();
});
