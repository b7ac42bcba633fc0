/** Dropout kernels: one invocation per element; forward and gradient are the same. */
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

/** x = x·mask. */
export function dropoutInPlaceCode(): string {
  return elementKernel(
    { writes: { x: 'f32' }, reads: {}, u32: ['count', 'salt', 'threshold'], f32: ['scale'] },
    'x[i] *= dropoutScale(i, u.salt, u.threshold, u.scale);',
    dropoutWgsl,
  );
}
