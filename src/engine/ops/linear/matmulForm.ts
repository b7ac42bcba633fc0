/** The words in which matrix products are described. */
import type { MatrixStore } from '../packedMatrix/packedForm.ts';

/** C = A·B (NN), A·Bᵀ (NT) or Aᵀ·B (TN). */
export type MatmulForm = 'NN' | 'NT' | 'TN';

/** Rows and columns of C that one invocation computes. */
export type Tile = readonly [rows: number, columns: number];

/** What happens to a sum before it is stored: relu(factor·(sum + low-rank)) + residual, each part where it is named. */
export interface Epilogue {
  /** Multiplies with a number. */
  readonly scaled: boolean;
  /** Adds Low·Up (NN) or Low·Upᵀ (NT); Low is [M,R]. */
  readonly low: boolean;
  readonly relu: boolean;
  /** Adds a matrix laid out as C. */
  readonly residual: boolean;
}

/** What decides the text of a kernel. */
export interface MatmulKind {
  readonly form: MatmulForm;
  /** How B is stored. */
  readonly store: MatrixStore;
  readonly epilogue: Epilogue;
}

export const noEpilogue: Epilogue = { scaled: false, low: false, relu: false, residual: false };

/** A name for the kind, for keys of kernels. */
export function kindName({ form, store, epilogue: { scaled, low, relu, residual } }: MatmulKind): string {
  const ends = [scaled && 'scaled', low && 'low', relu && 'relu', residual && 'residual'];
  return [form, store, ...ends].filter(Boolean).join(' ');
}

/** 0, 1, …, count - 1. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
