import { expect, test } from 'vitest';
import { bfloatToFloats } from './floatFormats.ts';

test('bfloat16 is the upper half of a float', () => {
  const found = bfloatToFloats(Uint16Array.of(0x3f80, 0xbf00, 0x7f80, 0x4049, 0x0001));
  expect([...found]).toEqual([1, -0.5, Infinity, 3.140625, 9.183549615799121e-41]);
});
