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
    `if (control[0] == 0.0) { return; }
  let learningRate = control[6];
  let g = gradient[i] * control[1];
  let m = u.beta1 * momentum[i] + (1.0 - u.beta1) * g;
  let v = u.beta2 * variance[i] + (1.0 - u.beta2) * g * g;
  momentum[i] = m;
  variance[i] = v;
  let update = m * control[2] / (sqrt(v) * control[3] + u.epsilon);
  let decay = select(1.0, control[7], i < u.decayCount);
  parameter[i] = parameter[i] * decay - learningRate * update;`,
  );
}
