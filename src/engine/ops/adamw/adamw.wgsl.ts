/** AdamW kernel: one invocation per value updates the parameter and both moments in place. */
import { elementKernel } from '../wgsl.ts';

/** `correction1` is 1/(1 - β1ᵗ), `correction2` is 1/√(1 - β2ᵗ), `decay` is 1 - lr·wd. */
export function adamwCode(value: 'f32' | 'vec4<f32>', hasScale: boolean): string {
  return elementKernel(
    {
      writes: { parameter: value, momentum: value, variance: value },
      reads: { gradient: value, ...(hasScale ? { gradientScale: 'f32' as const } : {}) },
      u32: ['count'],
      f32: ['learningRate', 'beta1', 'beta2', 'epsilon', 'decay', 'correction1', 'correction2'],
    },
    `let g = gradient[i]${hasScale ? ' * gradientScale[0]' : ''};
  let m = u.beta1 * momentum[i] + (1.0 - u.beta1) * g;
  let v = u.beta2 * variance[i] + (1.0 - u.beta2) * g * g;
  momentum[i] = m;
  variance[i] = v;
  let update = m * u.correction1 / (sqrt(v) * u.correction2 + u.epsilon);
  parameter[i] = parameter[i] * u.decay - u.learningRate * update;`,
  );
}
