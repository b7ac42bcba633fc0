/**
 * The kernel for GPUs with subgroup matrices (tensor cores, simdgroup matrices): four subgroups of a workgroup compute a block
 * of 64x64 results. Stretches of A and B, 32 deep, go through workgroup memory, where they take the type that the units
 * multiply; each subgroup sums products of matrices in 32 bits. The extension is experimental: browsers offer it behind a flag.
 */
import type { MatrixUnit } from '../../matrixUnits.ts';
import { fourValues } from '../packedMatrix/packedLoads.wgsl.ts';
import { batchOffsets, vectorBindings } from './frame.wgsl.ts';
import { range, type MatmulForm, type MatmulKind } from './matmulForm.ts';

/** Rows and columns of a workgroup's block, and of a subgroup's quarter of it. */
export const matrixBlock = 64;
const part = matrixBlock / 2;
const subgroups = 4;
/** Length of the stretches. */
const depth = 32;

/** Whether the kernel can be made for the unit: its matrices tile a subgroup's part and the stretch, and it keeps to limits. */
export function fitsMatrixBlock(
  { component, rows, columns, depth: unitDepth, lanes }: MatrixUnit,
  limits: Pick<GPUSupportedLimits, 'maxComputeInvocationsPerWorkgroup' | 'maxComputeWorkgroupStorageSize'>,
): boolean {
  const bytes = 2 * matrixBlock * depth * (component === 'f16' ? 2 : 4) + 4 * subgroups * rows * columns;
  return (
    part % rows === 0 &&
    part % columns === 0 &&
    depth % unitDepth === 0 &&
    columns % 4 === 0 &&
    lanes * subgroups <= limits.maxComputeInvocationsPerWorkgroup &&
    bytes <= limits.maxComputeWorkgroupStorageSize
  );
}

/** Strides and offsets as for `directCode`. */
export function matrixCode(kind: MatmulKind, unit: MatrixUnit): string {
  const { form, store, epilogue } = kind;
  const { component, rows, columns, lanes } = unit;
  const down = range(part / rows);
  const across = range(part / columns);
  const sums = down.flatMap((r) => across.map((c) => ({ r, c, name: `c${r}_${c}` })));
  const scratch = (rows * columns) / 4;
  const lines = [
    'let batch = group.z;',
    ...batchOffsets,
    `let firstRow = group.y * ${matrixBlock}u;`,
    `let firstColumn = group.x * ${matrixBlock}u;`,
    `let partRow = (local.y / 2u) * ${part}u;`,
    `let partColumn = (local.y % 2u) * ${part}u;`,
    ...sums.map(({ name }) => `var ${name}: subgroup_matrix_result<f32, ${columns}, ${rows}>;`),
    ...stretches(mainOperands(form, store), unit),
    ...(epilogue.low ? stretches(lowOperands(form), unit) : []),
    ...sums.flatMap(({ r, c, name }) => [
      `subgroupMatrixStore<row_major>(&results, local.y * ${rows * columns}u, ${name}, ${columns}u);`,
      'workgroupBarrier();',
      `for (var e = local.x; e < ${scratch}u; e += ${lanes}u) {`,
      `  let row = firstRow + partRow + ${r * rows}u + e / ${columns / 4}u;`,
      `  let vector = (firstColumn + partColumn + ${c * columns}u) / 4u + e % ${columns / 4}u;`,
      '  if (row < u.M && vector < u.N / 4u) {',
      `    let start = local.y * ${rows * columns}u + 4u * e;`,
      `    let sum = vec4<f32>(${range(4)
        .map((j) => `results[start + ${j}u]`)
        .join(', ')});`,
      '    let at = cBase + row * u.cRow + vector;',
      '    C[at] = finish(sum, at);',
      '  }',
      '}',
      'workgroupBarrier();',
    ]),
  ];
  return `diagnostic(off, chromium.subgroup_matrix_uniformity);
enable chromium_experimental_subgroup_matrix;
${component === 'f16' ? 'enable f16;\n' : ''}${vectorBindings(kind)}
var<workgroup> tileA: array<${component}, ${matrixBlock * depth}>;
var<workgroup> tileB: array<${component}, ${matrixBlock * depth}>;
var<workgroup> results: array<f32, ${subgroups * rows * columns}>;
@compute @workgroup_size(${lanes}, ${subgroups})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  ${lines.join('\n  ')}
}`;
}

/** A matrix to fetch stretches of: a WGSL buffer, and expressions in units of four values. */
interface Operand {
  readonly buffer: string;
  readonly base: string;
  readonly row: string;
  /** Rows, or columns, of the result that it has. */
  readonly count: string;
  readonly first: string;
  readonly store: MatmulKind['store'];
  /** Stored along K, or across it. */
  readonly isLong: boolean;
}

interface Operands {
  readonly a: Operand;
  readonly b: Operand;
  /** Length of the sums, in values. */
  readonly length: string;
}

function mainOperands(form: MatmulForm, store: MatmulKind['store']): Operands {
  return {
    a: { buffer: 'A', base: 'aBase', row: 'u.aRow', ...left, store: 'f32', isLong: form !== 'TN' },
    b: { buffer: 'B', base: 'bBase', row: 'u.bRow', ...right, store, isLong: form === 'NT' },
    length: 'u.K',
  };
}

/** Low·Up, or Low·Upᵀ. */
function lowOperands(form: MatmulForm): Operands {
  const isLong = form === 'NT';
  return {
    a: { buffer: 'Low', base: '0u', row: '(u.rank / 4u)', ...left, store: 'f32', isLong: true },
    b: {
      buffer: 'Up',
      base: '0u',
      row: isLong ? '(u.rank / 4u)' : '(u.N / 4u)',
      ...right,
      store: 'f32',
      isLong,
    },
    length: 'u.rank',
  };
}

const left = { count: 'u.M', first: 'firstRow' } as const;
const right = { count: 'u.N', first: 'firstColumn' } as const;

/** Adds the products of all stretches to the sums. */
function stretches({ a, b, length }: Operands, unit: MatrixUnit): string[] {
  const { component, rows, columns, depth: unitDepth } = unit;
  const down = range(part / rows);
  const across = range(part / columns);
  const load = (side: 'left' | 'right', operand: Operand, at: string, size: string): string => {
    // The tile lies as the matrix does; a matrix of the left side has rows of results, one of the right side columns.
    const isRowMajor = operand.isLong === (side === 'left');
    const tile = side === 'left' ? 'tileA' : 'tileB';
    const stride = operand.isLong ? depth : matrixBlock;
    const start = operand.isLong ? `(${at}) * ${depth}u + k` : `k * ${matrixBlock}u + ${at}`;
    const order = isRowMajor ? 'row_major' : 'col_major';
    return `subgroupMatrixLoad<subgroup_matrix_${side}<${component}, ${size}>, ${order}>(&${tile}, ${start}, ${stride}u)`;
  };
  return [
    `for (var k0 = 0u; k0 < ${length}; k0 += ${depth}u) {`,
    ...fetched('tileA', a, length, unit),
    ...fetched('tileB', b, length, unit),
    '  workgroupBarrier();',
    `  for (var k = 0u; k < ${depth}u; k += ${unitDepth}u) {`,
    ...down.map(
      (r) => `    let a${r} = ${load('left', a, `partRow + ${r * rows}u`, `${unitDepth}, ${rows}`)};`,
    ),
    ...across.map(
      (c) =>
        `    let b${c} = ${load('right', b, `partColumn + ${c * columns}u`, `${columns}, ${unitDepth}`)};`,
    ),
    ...down.flatMap((r) =>
      across.map((c) => `    c${r}_${c} = subgroupMatrixMultiplyAccumulate(a${r}, b${c}, c${r}_${c});`),
    ),
    '  }',
    '  workgroupBarrier();',
    '}',
  ];
}

/** Brings a stretch of a matrix into workgroup memory as it is stored; zeros beyond the end of the sums. */
function fetched(
  tile: 'tileA' | 'tileB',
  { buffer, base, row, count, first, store, isLong }: Operand,
  length: string,
  { component, lanes }: MatrixUnit,
): string[] {
  const width = (isLong ? depth : matrixBlock) / 4;
  const scale = store === 'i8' ? ` * bitcast<f32>(${buffer}[start + ${row} - 1u])` : '';
  const [at, isInside] = isLong
    ? [`start + k0 / 4u + e % ${width}u`, `k0 / 4u + e % ${width}u < ${length} / 4u`]
    : [`start + min(${first} / 4u + e % ${width}u, ${count} / 4u - 1u)`, `k0 + e / ${width}u < ${length}`];
  const start = isLong
    ? `${base} + min(${first} + e / ${width}u, ${count} - 1u) * ${row}`
    : `${base} + (k0 + e / ${width}u) * ${row}`;
  return [
    `  for (var e = lane; e < ${(matrixBlock * depth) / 4}u; e += ${lanes * subgroups}u) {`,
    '    var value = vec4<f32>(0.0);',
    `    if (${isInside}) {`,
    `      let start = ${start};`,
    `      value = ${fourValues(store, `${buffer}[${at}]`)}${scale};`,
    '    }',
    ...range(4).map((j) => `    ${tile}[4u * e + ${j}u] = ${component}(value.${'xyzw'[j]!});`),
    '  }',
  ];
}
