/** AdamW in place, compiled from AssemblyScript by scripts/buildSimd.mjs. */

/**
 * One step of `count` float32 numbers, a multiple of 4, from the gradient times `gradientScale`. With first and second the
 * corrections of the moments, 1/(1 - β1ᵗ) and 1/√(1 - β2ᵗ): p ← p·decay - rate · (m·first) / (√v·second + ε).
 */
export function adamw(
  parameter: usize,
  momentum: usize,
  variance: usize,
  gradient: usize,
  count: i32,
  gradientScale: f32,
  rate: f32,
  decay: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  epsilon: f32,
  first: f32,
  second: f32,
): void {
  for (let i = 0; i < count; i += 4) {
    const g = f32x4.mul(v128.load(gradient), f32x4.splat(gradientScale));
    const m = f32x4.add(f32x4.mul(v128.load(momentum), f32x4.splat(beta1)), f32x4.mul(g, f32x4.splat(rest1)));
    const squares = f32x4.mul(f32x4.mul(g, g), f32x4.splat(rest2));
    const v = f32x4.add(f32x4.mul(v128.load(variance), f32x4.splat(beta2)), squares);
    const root = f32x4.add(f32x4.mul(f32x4.sqrt(v), f32x4.splat(second)), f32x4.splat(epsilon));
    const step = f32x4.mul(f32x4.div(f32x4.mul(m, f32x4.splat(first)), root), f32x4.splat(rate));
    v128.store(momentum, m);
    v128.store(variance, v);
    v128.store(parameter, f32x4.sub(f32x4.mul(v128.load(parameter), f32x4.splat(decay)), step));
    parameter += 16;
    momentum += 16;
    variance += 16;
    gradient += 16;
  }
}
