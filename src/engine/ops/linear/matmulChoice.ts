/** Which kernel computes a product on the present device. */
import { hasFeature, reductionStyle } from '../../runtime.ts';
import {
  directKernel,
  kernelName,
  lowQuadKernel,
  quadKernel,
  wideQuadKernel,
  type MatmulKernel,
  type ProductBits,
} from './matmulKernels.ts';
import type { MatmulForm } from './matmulForm.ts';

/** Sizes of a product; `depth` is summed. */
export interface ProductSizes {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Pairs of matrices, 1 if not said. */
  readonly batch?: number;
}

/** Products for which kernels rank alike, packed or not. */
export interface ProductClass {
  readonly form: MatmulForm;
  /**
   * `low` and `narrow` products have few rows and few columns, as an adapter's have its rank, and fill an eighth of some
   * tiles. Few results (`small`) leave most of a GPU idle under large tiles.
   */
  readonly size: 'low' | 'narrow' | 'small' | 'large';
}

/** Results from which a product counts as large. */
const largeFrom = 512 * 512;

/** Most rows of a low product, and columns of a narrow one. */
const mostOfThin = 32;

/** The class of a product of `batch` pairs of matrices whose results are rows x columns. */
export function productClass(form: MatmulForm, rows: number, columns: number, batch: number): ProductClass {
  if (rows <= mostOfThin) return { form, size: 'low' };
  if (columns <= mostOfThin) return { form, size: 'narrow' };
  return { form, size: rows * columns * batch >= largeFrom ? 'large' : 'small' };
}

/** A name for the class, e.g. `NT large`. */
export function className({ form, size }: ProductClass): string {
  return `${form} ${size}`;
}

/** The names of all classes. */
export const classNames: readonly string[] = (['NN', 'NT', 'TN'] as const).flatMap((form) =>
  (['low', 'narrow', 'small', 'large'] as const).map((size) => className({ form, size })),
);

type Choices = ReadonlyMap<string, MatmulKernel>;

/** Class name → kernel, as measured (matmulTuning.ts) or set by a test; empty where nothing was measured. */
const choices: Record<ProductBits, Choices> = { 16: new Map(), 32: new Map() };
let productBits: ProductBits = 32;

/** Sets the kernels of classes; those left out get the default. */
export function setMatmulChoices(chosen: Choices, bits: ProductBits = 32): void {
  choices[bits] = chosen;
}

/** What was set, in words, for a table. */
export function matmulChoices(bits: ProductBits = 32): Record<string, string> {
  return Object.fromEntries([...choices[bits]].map(([name, kernel]) => [name, kernelName(kernel)]));
}

/** Runs `work` with products in so many bits, where kernels for them were chosen. */
export function withProductBits<T>(bits: ProductBits, work: () => T): T {
  const before = productBits;
  productBits = bits;
  try {
    return work();
  } finally {
    productBits = before;
  }
}

/** Pairs of values from which on a kernel is worth a second of compiling: attention over a batch of 64 tokens has as many. */
const largeTilesFrom = 2 ** 21;

/** What lies beyond an edge is computed for nothing, so a large tile is for sizes that fill it. */
function quadKernelFor({ rows, columns, depth, batch = 1 }: ProductSizes): MatmulKernel {
  if (rows * columns * depth * batch < largeTilesFrom) return quadKernel;
  const isFilled = ({ tile: [quadRows, ownColumns] }: MatmulKernel): boolean =>
    fills(rows, quadRows) && fills(columns, 4 * ownColumns);
  return [wideQuadKernel, lowQuadKernel].find(isFilled) ?? quadKernel;
}

/** Whether tiles of that side waste at most an eighth of what they compute along it. */
function fills(size: number, side: number): boolean {
  return Math.ceil(size / side) * side * 7 <= size * 8;
}

/**
 * The kernel for a product whose sizes are multiples of 4. Emulated GPUs pay dearly for the barriers of workgroup memory,
 * little for shuffles within four invocations; a GPU's choice is measured, and until then it is the direct kernel.
 */
export function chooseKernel(form: MatmulForm, sizes: ProductSizes): MatmulKernel {
  const { rows, columns, batch = 1 } = sizes;
  if (reductionStyle() === 'invocation') {
    const hasQuads = rows >= quadKernel.tile[0] && hasFeature('subgroups');
    return hasQuads ? quadKernelFor(sizes) : directKernel(rows);
  }
  const name = className(productClass(form, rows, columns, batch));
  const chosen = rows < 8 ? undefined : choices[productBits].get(name);
  return chosen ?? directKernel(rows);
}
