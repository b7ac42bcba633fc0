/** bfloat16, which JavaScript knows not. Half precision is in lib/halfFloats.ts: the engine needs it too. */

/** bfloat16 (the upper half of an f32) → f32, exact. */
export function bfloatToFloats(bfloats: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(bfloats.length);
  for (let i = 0; i < bfloats.length; i++) bits[i] = bfloats[i]! << 16;
  return new Float32Array(bits.buffer);
}
