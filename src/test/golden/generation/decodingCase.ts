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
