/** Sums and products of two tensors of one shape, or of a tensor and a number. */
import { elementKernel } from '../wgsl.ts';

export type BinaryOperator = '+' | '*';

/** y = a (operator) b, element by element. */
export function pairCode(operator: BinaryOperator, value: 'f32' | 'vec4<f32>'): string {
  return elementKernel(
    { writes: { y: value }, reads: { a: value, b: value }, u32: ['count'] },
    `y[i] = a[i] ${operator} b[i];`,
  );
}

/** y = a (operator) number */
export function numberCode(operator: BinaryOperator, value: 'f32' | 'vec4<f32>'): string {
  return elementKernel(
    { writes: { y: value }, reads: { a: value }, u32: ['count'], f32: ['number'] },
    `y[i] = a[i] ${operator} u.number;`,
  );
}
