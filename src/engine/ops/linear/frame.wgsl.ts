/** What all matmul kernels share: bindings, offsets of a batch, and the end of a sum. */
import { fourValuesFunction, packedType } from '../packedMatrix/packedLoads.wgsl.ts';
import { kindName, type MatmulKind } from './matmulForm.ts';

const uniforms = `struct Uniforms {
  M: u32, N: u32, K: u32, inner: u32,
  aRow: u32, aOuter: u32, aInner: u32,
  bRow: u32, bOuter: u32, bInner: u32,
  cRow: u32, cOuter: u32, cInner: u32,
  rank: u32,
  aStart: u32, bStart: u32, cStart: u32,
  factor: f32,
};`;

/** Bindings in the order C, A, B, residual, Low, Up; `value` is the type of all but B: `vec4<f32>` or `f32`. */
export function bindings(kind: MatmulKind, value: 'f32' | 'vec4<f32>', bType: string): string {
  const { low, residual } = kind.epilogue;
  const buffers = [
    `var<storage, read_write> C: array<${value}>;`,
    `var<storage, read> A: array<${value}>;`,
    `var<storage, read> B: array<${bType}>;`,
    ...(residual ? [`var<storage, read> Residual: array<${value}>;`] : []),
    ...(low ? [`var<storage, read> Low: array<${value}>;`, `var<storage, read> Up: array<${value}>;`] : []),
    'var<uniform> u: Uniforms;',
  ].map((buffer, binding) => `@group(0) @binding(${binding}) ${buffer}`);
  return `// ${kindName(kind)}\n${uniforms}\n${buffers.join('\n')}\n${finish(kind, value)}`;
}

/** `finish(sum, at)`: what is stored at an index of C. */
function finish({ epilogue }: MatmulKind, value: string): string {
  const scaled = epilogue.scaled ? 'sum * u.factor' : 'sum';
  // Not max: a NaN must stay one.
  const positive = epilogue.relu ? `select(scaled, ${value}(0.0), scaled < ${value}(0.0))` : 'scaled';
  const result = epilogue.residual ? `${positive} + Residual[at]` : positive;
  return `fn finish(sum: ${value}, at: u32) -> ${value} { let scaled = ${scaled}; return ${result}; }\n`;
}

/** Bindings of a kernel that reads four values at a time. */
export function vectorBindings(kind: MatmulKind): string {
  return bindings(kind, 'vec4<f32>', packedType(kind.store)) + fourValuesFunction(kind.store);
}

/** Offsets of one matrix of a batch. */
export const batchOffsets = [
  'let outer = batch / u.inner;',
  'let inner = batch % u.inner;',
  'let aBase = u.aStart + outer * u.aOuter + inner * u.aInner;',
  'let bBase = u.bStart + outer * u.bOuter + inner * u.bInner;',
  'let cBase = u.cStart + outer * u.cOuter + inner * u.cInner;',
];
