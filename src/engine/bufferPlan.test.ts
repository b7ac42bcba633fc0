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

test('steps of all lengths live in the same buffers once each has run', () => {
  const plan = new BufferPlan();
  const ends = [2, 3, 4, 4, Infinity];
  const ofLength = (length: number): GPUBuffer[] =>
    step(plan, [length, 3 * length, length ** 2, 2, 1], ends, `${length}`).given;
  for (const length of [3, 10, 5]) ofLength(length);
  const long = ofLength(10);
  const short = ofLength(3);
  expect(new Set([...long.slice(0, 4), ...short.slice(0, 4)]).size).toBe(new Set(long.slice(0, 4)).size);
  expect(ofLength(3).slice(0, 4)).toEqual(short.slice(0, 4));
  expect(ofLength(10).every((buffer, i) => i === 4 || buffer === long[i])).toBe(true);
});

test('shapes may make different numbers of requests', () => {
  const plan = new BufferPlan();
  const one = () => step(plan, [8, 8], [2, 2], 'one').given;
  const other = () => step(plan, [4, 4, 4], [3, 3, 3], 'other').given;
  one();
  other();
  const [first, second] = [one(), other()];
  expect(new Set([...first, ...second]).size).toBe(3);
  for (let i = 0; i < 3; i++) {
    expect(one().every((buffer, at) => buffer === first[at])).toBe(true);
    expect(other().every((buffer, at) => buffer === second[at])).toBe(true);
  }
});

test('a step that grows drops the buffers that are too small', () => {
  const plan = new BufferPlan();
  for (let i = 0; i < 2; i++) step(plan, [8, 8], [2, 2]);
  const { dropped } = step(plan, [80, 8], [2, 2]);
  expect(dropped).toHaveLength(1);
  const { given } = step(plan, [80, 8], [2, 2]);
  expect(given).not.toContain(dropped[0]);
  expect(dropped.some((buffer) => plan.keepsForItself(buffer))).toBe(false);
});

test('buffers are spoken for in steps that are laid out, but not what outlives a step', () => {
  const plan = new BufferPlan();
  const [passing, lasting] = step(plan, [8, 8], [2, Infinity]).given;
  plan.begin('step');
  expect(plan.next()).toBeDefined();
  expect(plan.keepsForItself(passing!)).toBe(true);
  expect(plan.keepsForItself(lasting!)).toBe(false);
  plan.begin('unknown');
  expect(plan.next()).toBeUndefined();
  expect(plan.keepsForItself(passing!)).toBe(false);
});

test('a step that makes more requests than it did is laid out anew', () => {
  const plan = new BufferPlan();
  step(plan, [8, 8], [2, 2]);
  step(plan, [8, 8, 8], [3, 3, 3]);
  const again = () => step(plan, [8, 8, 8], [3, 3, 3]).given;
  const known = again();
  expect(new Set(known).size).toBe(3);
  expect(again().every((buffer, i) => buffer === known[i])).toBe(true);
});
