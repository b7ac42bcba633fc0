/** Half precision (IEEE 754 binary16, F16) numbers as bits: not every JavaScript has an array of them. */

/** IEEE 754 half precision (F16) → f32, exact. */
export function halfToFloats(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const sign = (half & 0x8000) << 16;
    let exponent = (half >> 10) & 0x1f;
    let mantissa = half & 0x3ff;
    if (exponent === 0x1f) {
      bits[i] = sign | 0x7f800000 | (mantissa << 13);
    } else if (exponent !== 0) {
      bits[i] = sign | ((exponent + 112) << 23) | (mantissa << 13);
    } else if (mantissa === 0) {
      bits[i] = sign;
    } else {
      // Subnormal half: normal in f32. Shift until the leading one is at bit 10.
      exponent = 113;
      while ((mantissa & 0x400) === 0) {
        mantissa <<= 1;
        exponent--;
      }
      bits[i] = sign | (exponent << 23) | ((mantissa & 0x3ff) << 13);
    }
  }
  return new Float32Array(bits.buffer);
}

const floatSlot = new Float32Array(1);
const bitsSlot = new Uint32Array(floatSlot.buffer);

/** The nearest half precision number's bits, ties to even; beyond 65504 an infinity. */
export function floatToHalf(value: number): number {
  floatSlot[0] = value;
  const bits = bitsSlot[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const mantissa = bits & 0x7fffff;
  if (exponent === 0xff - 112) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent < -10) return sign;
  // Subnormal halves have no implicit leading one: it is shifted in.
  const digits = exponent > 0 ? mantissa : mantissa | 0x800000;
  const shift = exponent > 0 ? 13 : 14 - exponent;
  const kept = (Math.max(exponent, 0) << 10) | (digits >>> shift);
  const rest = digits & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  const roundsUp = rest > middle || (rest === middle && (kept & 1) === 1);
  return sign | (kept + (roundsUp ? 1 : 0)); // a carry goes into the exponent, as it should
}

/** Bits of half precision numbers if every value is one exactly; null otherwise. */
export function exactHalves(values: Float32Array): Uint16Array<ArrayBuffer> | null {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const half = floatToHalf(value);
    if (halfToFloat(half) !== value) return null;
    halves[i] = half;
  }
  return halves;
}

/** The value of half precision bits; NaN for infinities too, which are no weights. */
function halfToFloat(half: number): number {
  const exponent = (half >> 10) & 0x1f;
  if (exponent === 0x1f) return NaN;
  const mantissa = half & 0x3ff;
  const size = exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * powersOfTwo[exponent]!;
  return half & 0x8000 ? -size : size;
}

const powersOfTwo = Float64Array.from({ length: 31 }, (_, exponent) => 2 ** (exponent - 25));
