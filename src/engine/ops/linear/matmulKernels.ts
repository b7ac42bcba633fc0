/** The kernels that can compute a product: the text of each, its workgroups, and what it asks of sizes and strides. */
import { directCode, directSide } from './directMatmul.wgsl.ts';
import { deviceLimits, hasFeature, matrixUnits } from '../../runtime.ts';
import type { MatrixUnit } from '../../matrixUnits.ts';
import { kindName, type MatmulForm, type MatmulKind, type Tile } from './matmulForm.ts';
import { fitsMatrixBlock, matrixBlock, matrixCode } from './matrixMatmul.wgsl.ts';
import { quadCode, quadsOf } from './quadMatmul.wgsl.ts';
import { scalarCode, scalarSide, scalarTile } from './scalarMatmul.wgsl.ts';
import { sharedCode, sharedSide } from './sharedMatmul.wgsl.ts';

/**
 * `direct` reads storage, `shared` goes through workgroup memory, `half` does so in 16 bits, `quad` through subgroups, `matrix`
 * uses subgroup matrices, `scalar` takes any sizes.
 */
export interface MatmulKernel {
  readonly family: 'direct' | 'shared' | 'half' | 'quad' | 'matrix' | 'scalar';
  /** Of one invocation, of `matrix` the block of a workgroup. */
  readonly tile: Tile;
  /** Of `matrix`. */
  readonly unit?: MatrixUnit;
}

/** Bits in which factors are multiplied; long sums are in 32. */
export type ProductBits = 16 | 32;

export const scalarKernel: MatmulKernel = { family: 'scalar', tile: scalarTile };

/** For adapters that emulate a GPU; needs the feature `subgroups`. */
export const quadKernel: MatmulKernel = { family: 'quad', tile: [16, 4] };

/** The same for large products: it loads a third as many values for a product, and compiles seven times as long. */
export const wideQuadKernel: MatmulKernel = { family: 'quad', tile: [32, 16] };

/** The same for those of 16 rows, as the decoder's of a short answer and the gradients of a low rank. */
export const lowQuadKernel: MatmulKernel = { family: 'quad', tile: [16, 16] };

/** All of them, largest first. */
export const quadKernels: readonly MatmulKernel[] = [wideQuadKernel, lowQuadKernel, quadKernel];

/** Kernels worth trying on a GPU; all give the same product but for rounding. */
export const candidateKernels: readonly MatmulKernel[] = [
  { family: 'direct', tile: [8, 8] },
  { family: 'direct', tile: [4, 8] },
  { family: 'direct', tile: [4, 4] },
  { family: 'shared', tile: [4, 4] },
  { family: 'shared', tile: [8, 4] },
  { family: 'shared', tile: [8, 8] },
];

/** The same in 16 bits; need the feature `shader-f16`. */
export const halfKernels: readonly MatmulKernel[] = [
  { family: 'half', tile: [4, 4] },
  { family: 'half', tile: [8, 4] },
  { family: 'half', tile: [8, 8] },
];

/** Kernels worth trying on the present device for products in so many bits; the first one is the reference. */
export function candidatesFor(bits: ProductBits): MatmulKernel[] {
  const component = bits === 16 ? 'f16' : 'f32';
  const units = matrixUnits().filter(
    (unit) => unit.component === component && fitsMatrixBlock(unit, deviceLimits()),
  );
  const halves = bits === 16 && hasFeature('shader-f16') ? halfKernels : [];
  return [...candidateKernels, ...halves, ...units.map(matrixKernel)];
}

/** Whether the present device has kernels that multiply in 16 bits. */
export function canMultiplyHalves(): boolean {
  return candidatesFor(16).length > candidateKernels.length;
}

/** The kernel for a unit. */
export function matrixKernel(unit: MatrixUnit): MatmulKernel {
  return { family: 'matrix', tile: [matrixBlock, matrixBlock], unit };
}

/** The direct kernel with the largest tile that the rows fill. */
export function directKernel(rows: number): MatmulKernel {
  if (rows >= 8) return { family: 'direct', tile: [8, 8] };
  return { family: 'direct', tile: rows >= 4 ? [4, 8] : [1, 8] };
}

/** A name for people and tables, e.g. `direct 4x4`. */
export function kernelName({ family, tile, unit }: MatmulKernel): string {
  if (unit !== undefined) return `${family} ${unit.component} ${unit.rows}x${unit.columns}x${unit.depth}`;
  return `${family} ${tile.join('x')}`;
}

/** The key of a kernel for one kind of product: names its WGSL text. */
export function kernelKey(kernel: MatmulKernel, kind: MatmulKind): string {
  return `matmul ${kindName(kind)} ${kernelName(kernel)}`;
}

/** The WGSL text of a kernel for one kind of product. */
export function kernelCode({ family, tile, unit }: MatmulKernel, kind: MatmulKind): string {
  if (unit !== undefined) return matrixCode(kind, unit);
  if (family === 'scalar') return scalarCode(kind);
  if (family === 'quad') return quadCode(kind, tile);
  return family === 'direct' ? directCode(kind, tile) : sharedCode(kind, tile, family === 'half');
}

/** Tiles of a workgroup, down and across: one for each invocation, of quads a row of four, of matrices one for all. */
function tilesOf({ family, tile }: MatmulKernel): readonly [down: number, across: number] {
  if (family === 'quad') {
    const [down, across] = quadsOf(tile);
    return [down, 4 * across];
  }
  const side = { direct: directSide, shared: sharedSide, half: sharedSide, matrix: 1, scalar: scalarSide }[
    family
  ];
  return [side, side];
}

/** Workgroups for C of M rows and N columns. */
export function kernelWorkgroups(
  kernel: MatmulKernel,
  rows: number,
  columns: number,
  batch: number,
): [number, number, number] {
  const [tileRows, tileColumns] = kernel.tile;
  const [down, across] = tilesOf(kernel);
  return [Math.ceil(columns / tileColumns / across), Math.ceil(rows / tileRows / down), batch];
}

/**
 * Whether the kernels that move four values at a time can compute it: A is read along its stored rows (K, or M in TN), B,
 * C and all that is added along theirs. `sizes` are strides, offsets and ranks, in values.
 */
export function fitsVectors(
  form: MatmulForm,
  { rows, columns, depth }: { rows: number; columns: number; depth: number },
  sizes: readonly number[],
): boolean {
  const read = form === 'TN' ? [rows, columns] : [depth, columns];
  return [...read, ...sizes].every((size) => size % 4 === 0);
}
