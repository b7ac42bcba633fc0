/** The kernels that can compute a product: the text of each, its workgroups, and what it asks of sizes and strides. */
import { directCode, directSide } from './directMatmul.wgsl.ts';
import { kindName, type MatmulForm, type MatmulKind, type Tile } from './matmulForm.ts';
import { quadCode, quadsOf } from './quadMatmul.wgsl.ts';
import { scalarCode, scalarSide, scalarTile } from './scalarMatmul.wgsl.ts';
import { sharedCode, sharedSide } from './sharedMatmul.wgsl.ts';

/** `direct` reads storage, `shared` goes through workgroup memory, `quad` through subgroups, `scalar` takes any sizes. */
export interface MatmulKernel {
  readonly family: 'direct' | 'shared' | 'quad' | 'scalar';
  /** Of one invocation. */
  readonly tile: Tile;
}

export const scalarKernel: MatmulKernel = { family: 'scalar', tile: scalarTile };

/** For adapters that emulate a GPU; needs the feature `subgroups`. */
export const quadKernel: MatmulKernel = { family: 'quad', tile: [16, 4] };

/** The same for large products: it loads a third as many values for a product, and compiles seven times as long. */
export const wideQuadKernel: MatmulKernel = { family: 'quad', tile: [32, 16] };

/** Kernels worth trying on a GPU; all give the same product but for rounding. */
export const candidateKernels: readonly MatmulKernel[] = [
  { family: 'direct', tile: [8, 8] },
  { family: 'direct', tile: [4, 8] },
  { family: 'direct', tile: [4, 4] },
  { family: 'shared', tile: [4, 4] },
  { family: 'shared', tile: [8, 4] },
  { family: 'shared', tile: [8, 8] },
];

/** The direct kernel with the largest tile that the rows fill. */
export function directKernel(rows: number): MatmulKernel {
  if (rows >= 8) return { family: 'direct', tile: [8, 8] };
  return { family: 'direct', tile: rows >= 4 ? [4, 8] : [1, 8] };
}

/** A name for people and tables, e.g. `direct 4x4`. */
export function kernelName({ family, tile }: MatmulKernel): string {
  return `${family} ${tile.join('x')}`;
}

/** The key of a kernel for one kind of product: names its WGSL text. */
export function kernelKey(kernel: MatmulKernel, kind: MatmulKind): string {
  return `matmul ${kindName(kind)} ${kernelName(kernel)}`;
}

/** The WGSL text of a kernel for one kind of product. */
export function kernelCode({ family, tile }: MatmulKernel, kind: MatmulKind): string {
  if (family === 'scalar') return scalarCode(kind);
  if (family === 'quad') return quadCode(kind, tile);
  return family === 'direct' ? directCode(kind, tile) : sharedCode(kind, tile);
}

/** Invocations of a workgroup, those of a quad's row as one down and four across. */
function invocations({ family, tile }: MatmulKernel): readonly [down: number, across: number] {
  if (family === 'quad') {
    const [down, across] = quadsOf(tile);
    return [down, 4 * across];
  }
  const side = { direct: directSide, shared: sharedSide, scalar: scalarSide }[family];
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
  const [down, across] = invocations(kernel);
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
