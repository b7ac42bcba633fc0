/** Dropout kernel: one invocation per element; forward and gradient are the same. */
import { elementKernel } from '../wgsl.ts';
import { dropoutWgsl } from './dropoutHash.ts';

/** y = x·mask. */
export function dropoutCode(): string {
  return elementKernel(
    { writes: { y: 'f32' }, reads: { x: 'f32' }, u32: ['count', 'salt', 'threshold'], f32: ['scale'] },
    'y[i] = x[i] * dropoutScale(i, u.salt, u.threshold, u.scale);',
    dropoutWgsl,
  );
}
