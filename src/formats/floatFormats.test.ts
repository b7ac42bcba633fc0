import { expect, test } from 'vitest';
import { bfloatToFloats, halfToFloats } from './floatFormats.ts';

test('half precision: zeros, subnormals, normals, infinities, NaN', () => {
  const cases: [number, number][] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x8200, -(2 ** -15)],
    [0x3555, 0.333251953125],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x7e00, NaN],
  ];
  const found = halfToFloats(Uint16Array.from(cases, ([bits]) => bits));
  for (const [i, [, value]] of cases.entries()) expect(found[i]).toBe(value);
});

test('all 65,536 halves: the value that sign, exponent and mantissa define', () => {
  const found = halfToFloats(Uint16Array.from({ length: 65536 }, (_, bits) => bits));
  const expected = Float32Array.from({ length: 65536 }, (_, bits) => {
    const sign = bits >> 15 === 1 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const mantissa = bits & 1023;
    if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
    return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
  });
  expect(found).toEqual(expected);
});

test('bfloat16 is the upper half of a float', () => {
  const found = bfloatToFloats(Uint16Array.of(0x3f80, 0xbf00, 0x7f80, 0x4049, 0x0001));
  expect([...found]).toEqual([1, -0.5, Infinity, 3.140625, 9.183549615799121e-41]);
});
