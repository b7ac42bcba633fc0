/** AdamW kernel for a step decided on the GPU: as adamw.wgsl.ts, its constants read from the decision. */
import { elementKernel } from '../wgsl.ts';

/** Values below `decayCount` have weight decay, those after it have none. */
export function adamwAllCode(value: 'f32' | 'vec4<f32>'): string {
  return elementKernel(
    {
      writes: { parameter: value, momentum: value, variance: value },
      reads: { gradient: value, control: 'f32' },
      u32: ['count', 'decayCount'],
      f32: ['beta1', 'beta2', 'epsilon'],
    },
    `let g = gradient[i] * gradientScale;
    let m = beta1 * momentum[i] + (1.0 - beta1) * g;
    let v = beta2 * variance[i] + (1.0 - beta2) * g * g;
    momentum[i] = m;
    variance[i] = v;
    let update = m * correction1 / (sqrt(v) * correction2 + epsilon);
    parameter[i] = parameter[i] * select(1.0, decay, i < decayCount) - learningRate * update;`,
    '',
    `if (control[0] == 0.0) { return; }
  let gradientScale = control[1];
  let correction1 = control[2];
  let correction2 = control[3];
  let learningRate = control[6];
  let decay = control[7];
  let beta1 = u.beta1;
  let beta2 = u.beta2;
  let epsilon = u.epsilon;
  let decayCount = u.decayCount;`,
  );
}
