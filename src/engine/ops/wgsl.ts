/**
 * The frames that most kernels share: bindings, one invocation per element, one reduction per row.
 * A kernel is described by its bindings and the body of its main function; shapes travel as uniforms, never in the text.
 */
import { reductionStyle, spreadWorkgroups, type ReductionStyle } from '../runtime.ts';

/** A number type of storage buffers. */
export type WgslType = 'f32' | 'vec2<f32>' | 'vec4<f32>' | 'i32' | 'u32' | 'vec2<u32>';

/** Buffers by name in binding order, and the members of the uniform `u` in order. */
export interface Bindings {
  writes: Readonly<Record<string, WgslType>>;
  reads: Readonly<Record<string, WgslType>>;
  u32: readonly string[];
  f32?: readonly string[];
}

const elementLanes = 64;
const rowLanes = 128;
/** Rows of a workgroup in style `invocation`: few, so that a small matrix keeps all cores busy. */
const rowsOfGroup = 16;

/** `vec4<f32>` where everything is a multiple of 4, else `f32`. */
export function widestType(...sizes: number[]): 'f32' | 'vec4<f32>' {
  return sizes.every((size) => size % 4 === 0) ? 'vec4<f32>' : 'f32';
}

/** Elements per value of a type. */
export function lanesOf(type: WgslType): number {
  return type === 'vec4<f32>' ? 4 : 1;
}

/** WGSL declarations of the bindings, numbered as `runKernel` binds them. */
export function declareBindings({ writes, reads, u32, f32 = [] }: Bindings): string {
  const buffers = [
    ...Object.entries(writes).map(([name, type]) => `var<storage, read_write> ${name}: array<${type}>;`),
    ...Object.entries(reads).map(([name, type]) => `var<storage, read> ${name}: array<${type}>;`),
    'var<uniform> u: Uniforms;',
  ];
  const members = [...u32.map((name) => `${name}: u32`), ...f32.map((name) => `${name}: f32`)];
  const numbered = buffers.map((buffer, binding) => `@group(0) @binding(${binding}) ${buffer}`);
  return `struct Uniforms { ${members.join(', ')} };\n${numbered.join('\n')}\n`;
}

/**
 * The body once for each index `i` below `u.count`; `u32` must name `count`. `continue` goes on to the next. `once` comes before
 * the first: what every index reads.
 *
 * A workgroup takes indices in a row, its invocations neighbours. SwiftShader runs four invocations to their end before the next
 * four, so they are a workgroup there: memory is then read in order instead of in strides.
 */
export function elementKernel(bindings: Bindings, body: string, functions = '', once = ''): string {
  const lanes = reductionStyle() === 'invocation' ? 4 : elementLanes;
  return `${declareBindings(bindings)}${functions}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  ${once}
  let each = ((u.count + groups.x - 1u) / groups.x + ${lanes - 1}u) / ${lanes}u * ${lanes}u;
  let end = min(u.count, (group.x + 1u) * each);
  for (var i = group.x * each + lane; i < end; i += ${lanes}u) {
    ${body}
  }
}`;
}

/** Most workgroups of an `elementKernel`. SwiftShader takes 4 µs to start one, as long as it adds a thousand numbers in. */
const mostElementGroups: Record<ReductionStyle, number> = {
  invocation: 256,
  workgroup: 16384,
  subgroup: 16384,
};

/** Workgroups of an `elementKernel` with that count. Any number of them would do. */
export function elementWorkgroups(count: number): [number, number, number] {
  return [Math.min(Math.ceil(count / elementLanes), mostElementGroups[reductionStyle()]), 1, 1];
}

/**
 * One reduction per `row` below `u.rows`. The body strides over columns with
 * `for (var i = lane; i < u.columns; i += LANES)` and combines with `reduceSum(x, lane)` and `reduceMax(x, lane)`, which
 * every invocation of the row must reach. `BARRIER` makes storage writes of the row's invocations visible to each other.
 * In style `invocation` a row has one invocation: emulated GPUs pay dearly for barriers. In style `subgroup` the invocations
 * of a row's workgroup lie in subgroups in their order.
 */
export function rowKernel(style: ReductionStyle, bindings: Bindings, body: string, functions = ''): string {
  const declared = declareBindings(bindings) + functions;
  if (style === 'invocation') {
    return `${declared}
const LANES = 1u;
fn reduceSum(x: f32, lane: u32) -> f32 { return x; }
fn reduceMax(x: f32, lane: u32) -> f32 { return x; }
@compute @workgroup_size(${rowsOfGroup})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let row = id.x + id.y * groups.x * ${rowsOfGroup}u;
  let lane = 0u;
  if (row >= u.rows) { return; }
  ${body.replaceAll('BARRIER;', '')}
}`;
  }
  const hasSubgroups = style === 'subgroup';
  const reduction = hasSubgroups ? subgroupReduction : treeReduction;
  return `${hasSubgroups ? 'enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n' : ''}${declared}
const LANES = ${rowLanes}u;
var<workgroup> partial: array<f32, ${rowLanes}>;
${hasSubgroups ? 'var<private> subgroupWidth: u32;' : ''}
${reduction('reduceSum', 'a + b', 'subgroupAdd')}
${reduction('reduceMax', 'max(a, b)', 'subgroupMax')}
@compute @workgroup_size(${rowLanes})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        ${hasSubgroups ? '@builtin(subgroup_size) subgroupSize: u32, ' : ''}@builtin(local_invocation_index) lane: u32) {
  let row = group.x + group.y * groups.x;
  if (row >= u.rows) { return; }
  ${hasSubgroups ? 'subgroupWidth = subgroupSize;' : ''}
  ${body.replaceAll('BARRIER;', 'storageBarrier();')}
}`;
}

function treeReduction(name: string, combine: string): string {
  return `fn ${name}(x: f32, lane: u32) -> f32 {
  partial[lane] = x;
  workgroupBarrier();
  for (var step = ${rowLanes / 2}u; step > 0u; step >>= 1u) {
    if (lane < step) { let a = partial[lane]; let b = partial[lane + step]; partial[lane] = ${combine}; }
    workgroupBarrier();
  }
  let result = partial[0];
  workgroupBarrier();
  return result;
}`;
}

function subgroupReduction(name: string, combine: string, ofSubgroup: string): string {
  return `fn ${name}(x: f32, lane: u32) -> f32 {
  let part = ${ofSubgroup}(x);
  if (lane % subgroupWidth == 0u) { partial[lane / subgroupWidth] = part; }
  workgroupBarrier();
  var a = partial[0];
  for (var i = 1u; i < (${rowLanes}u + subgroupWidth - 1u) / subgroupWidth; i++) { let b = partial[i]; a = ${combine}; }
  workgroupBarrier();
  return a;
}`;
}

/** Workgroups of a `rowKernel` with that many rows. */
export function rowWorkgroups(style: ReductionStyle, rows: number): [number, number, number] {
  return spreadWorkgroups(style === 'invocation' ? Math.ceil(rows / rowsOfGroup) : rows);
}

/** `total(v)` and `largest(v)` of one value of a type, so that bodies read the same for both. */
export function valueFunctions(type: 'f32' | 'vec4<f32>'): string {
  return type === 'f32'
    ? 'fn total(v: f32) -> f32 { return v; }\nfn largest(v: f32) -> f32 { return v; }\n'
    : `fn total(v: vec4<f32>) -> f32 { return v.x + v.y + v.z + v.w; }
fn largest(v: vec4<f32>) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }\n`;
}
