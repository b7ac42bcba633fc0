/** WGSL that reads packed matrices four values at a time. Core WGSL: needs no shader-f16 and no packed dot product. */
import type { MatrixStore } from './packedForm.ts';

/** The storage type that holds four values of a matrix (in `i8`: or a row's scale). */
export function packedType(store: MatrixStore): 'vec4<f32>' | 'vec2<u32>' | 'u32' {
  return { f32: 'vec4<f32>', f16: 'vec2<u32>', i8: 'u32' }[store] as 'vec4<f32>' | 'vec2<u32>' | 'u32';
}

/** Elements of `packedType` in a row of `columns` values. */
export function packedStride(store: MatrixStore, columns: number): number {
  return columns / 4 + (store === 'i8' ? 1 : 0);
}

/** An expression for four values of an element of `packedType`; bytes without their row's scale. */
export function fourValues(store: MatrixStore, element: string): string {
  if (store === 'f32') return element;
  return store === 'i8' ? `unpack4x8snorm(${element})` : `halves(${element})`;
}

/** The function that `fourValues` needs. */
export function fourValuesFunction(store: MatrixStore): string {
  if (store !== 'f16') return '';
  return 'fn halves(w: vec2<u32>) -> vec4<f32> { return vec4<f32>(unpack2x16float(w.x), unpack2x16float(w.y)); }\n';
}

/** `packedValues(row, vector)`: four values of the matrix in `buffer`, scale included; `columns` are vectors in a row. */
export function packedLoads(store: MatrixStore, buffer: string, columns: string): string {
  const value =
    store === 'i8'
      ? `let start = row * (${columns} + 1u);
  return unpack4x8snorm(${buffer}[start + vector]) * bitcast<f32>(${buffer}[start + ${columns}]);`
      : `return ${fourValues(store, `${buffer}[row * ${columns} + vector]`)};`;
  return `${fourValuesFunction(store)}fn packedValues(row: u32, vector: u32) -> vec4<f32> {\n  ${value}\n}\n`;
}
