/** Activations of T5's feed-forward layers: gated GELU (v1.1, arXiv:2002.05202) and ReLU (v1.0). */
import * as tf from '@tensorflow/tfjs';
import { allocate, isWebgpu, runKernel, writable } from '../../runtime.ts';
import { customGradient } from '../customGradient.ts';
import { elementWorkgroups, lanesOf, widestType } from '../wgsl.ts';
import { geluGateReference } from './geluGate.ref.ts';
import { forwardCode, gradientCode } from './geluGate.wgsl.ts';

/** gelu_new(gate)·value, element by element; both [M,F]. gelu_new is the tanh approximation. Differentiable in both. */
export function geluGate(gate: tf.Tensor2D, value: tf.Tensor2D): tf.Tensor2D {
  if (!isWebgpu()) return geluGateReference(gate, value);
  return customGradient([gate, value] as const, (g, v) => ({
    value: forward(g, v),
    saved: [g, v],
    gradient: (dy, saved) => gradient(dy, ...(saved as [tf.Tensor2D, tf.Tensor2D])),
  }));
}

/** max(x, 0). */
export function relu(x: tf.Tensor2D): tf.Tensor2D {
  return tf.relu(x);
}

function forward(gate: tf.Tensor2D, value: tf.Tensor2D): tf.Tensor2D {
  const type = widestType(gate.size);
  const count = gate.size / lanesOf(type);
  const y = allocate<tf.Rank.R2>(gate.shape);
  runKernel({
    key: `geluGate ${type}`,
    code: () => forwardCode(type),
    writes: [y],
    reads: [gate, value],
    uniforms: { u32: [count] },
    workgroups: elementWorkgroups(count),
  });
  return y;
}

/** Over the kept gate and value, which are needed no more. */
function gradient(dy: tf.Tensor2D, gate: tf.Tensor2D, value: tf.Tensor2D): tf.Tensor2D[] {
  const type = widestType(gate.size);
  const count = gate.size / lanesOf(type);
  const dgate = writable(gate);
  const dvalue = writable(value);
  runKernel({
    key: `geluGate gradient ${type}`,
    code: () => gradientCode(type),
    writes: [dgate, dvalue],
    reads: [dy],
    uniforms: { u32: [count] },
    workgroups: elementWorkgroups(count),
  });
  return [dgate, dvalue];
}
