/** Decoding options as the Python scripts write them. */
import type { DecodingOptions } from '../../../engine/decoding/decodingOptions.ts';

/** Options under transformers' own names, as in golden.json. */
export type PythonOptions = Readonly<Record<string, number | boolean | string>>;

/** The same under ours: max_new_tokens -> maxNewTokens. */
export function fromPython(options: PythonOptions): Partial<DecodingOptions> {
  const renamed = Object.entries(options).map(([name, value]) => [
    name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(renamed) as Partial<DecodingOptions>;
}

/** One line that names a case. */
export function caseTitle(options: PythonOptions): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** golden.json */
export interface GoldenGeneration {
  readonly prompts: readonly (readonly number[])[];
  readonly groups: readonly {
    readonly flavour: 'relu' | 'gated';
    readonly cases: readonly { readonly options: PythonOptions; readonly ids: readonly (readonly number[])[] }[];
  }[];
}

/** processors.json; null stands for -∞. */
export interface GoldenProcessors {
  readonly rows: Readonly<Record<string, readonly (number | null)[]>>;
  readonly processed: readonly {
    readonly history: readonly number[];
    readonly options: PythonOptions;
    readonly scores: readonly (number | null)[];
  }[];
  readonly drawn: readonly {
    readonly row: string;
    readonly options: PythonOptions;
    /** `min_tokens_to_keep` */
    readonly keep: number;
    /** Tokens with a probability, and that; null for all tokens. */
    readonly ids: readonly number[] | null;
    readonly shares: readonly number[];
  }[];
}

/** A row of scores out of JSON, which has no -∞. */
export function fromJson(values: readonly (number | null)[]): Float32Array {
  return Float32Array.from(values, (value) => value ?? -Infinity);
}
