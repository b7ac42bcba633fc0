import { expect, test } from 'vitest';
import { exactHalves, floatToHalf, halfToFloats } from './halfFloats.ts';

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

test('every half comes back from its value; between two the nearer one, and the even one in the middle', () => {
  const finite = Array.from({ length: 0x7c00 }, (_, bits) => bits);
  const values = halfToFloats(Uint16Array.from(finite));
  const wrong = finite.filter((bits) => {
    const value = values[bits]!;
    if (floatToHalf(value) !== bits || floatToHalf(-value) !== (bits | 0x8000)) return true;
    if (bits === 0x7bff) return false;
    const middle = (value + values[bits + 1]!) / 2; // a float: halves have 11 digits
    const rounded = [1 - 2 ** -20, 1, 1 + 2 ** -20].map((factor) => floatToHalf(middle * factor));
    return rounded[0] !== bits || rounded[1] !== bits + (bits & 1) || rounded[2] !== bits + 1;
  });
  expect(wrong).toEqual([]);
});

test('beyond the range: infinities, zeros, NaN', () => {
  const cases = [65519, 65520, Infinity, -1e10, 2 ** -25, 2 ** -25 * 1.001, -(2 ** -30), NaN];
  const wanted = [0x7bff, 0x7c00, 0x7c00, 0xfc00, 0, 1, 0x8000, 0x7e00];
  expect(cases.map(floatToHalf)).toEqual(wanted);
});

test('exact halves are kept as they are; one inexact value refuses all', () => {
  expect(exactHalves(Float32Array.of(1, -0.5, 0, 65504, 2 ** -24))).toEqual(
    Uint16Array.of(0x3c00, 0xb800, 0, 0x7bff, 1),
  );
  for (const wrong of [0.1, 65536, 2 ** -25, Infinity, NaN]) {
    expect(exactHalves(Float32Array.of(1, wrong))).toBeNull();
  }
});
