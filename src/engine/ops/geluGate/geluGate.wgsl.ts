/** Gated GELU kernels: one invocation per value. tanh goes through exp of a negative number, so it cannot overflow. */
import { elementKernel } from '../wgsl.ts';

type Value = 'f32' | 'vec4<f32>';

function functions(value: Value): string {
  return `fn safeTanh(v: ${value}) -> ${value} {
  let e = exp(-2.0 * abs(v));
  return sign(v) * (1.0 - e) / (1.0 + e);
}
fn innerTanh(v: ${value}) -> ${value} { return safeTanh(0.7978845608028654 * (v + 0.044715 * v * v * v)); }
`;
}

/** y = gelu_new(gate)·value. */
export function forwardCode(value: Value): string {
  return elementKernel(
    { writes: { y: value }, reads: { gate: value, value: value }, u32: ['count'] },
    'let v = gate[i]; y[i] = 0.5 * v * (1.0 + innerTanh(v)) * value[i];',
    functions(value),
  );
}

/** Both gradients at once, each over what it is the gradient of. */
export function gradientCode(value: Value): string {
  return elementKernel(
    { writes: { gate: value, value: value }, reads: { dy: value }, u32: ['count'] },
    `let v = gate[i];
  let d = dy[i];
  let t = innerTanh(v);
  let slope = 0.5 * (1.0 + t) + 0.5 * v * (1.0 - t * t) * 0.7978845608028654 * (1.0 + 0.134145 * v * v);
  gate[i] = d * value[i] * slope;
  value[i] = d * 0.5 * v * (1.0 + t);`,
    functions(value),
  );
}
