/** What dropped files are meant for, decided by their names alone; the content is checked where it is read. */
export type DropKind = 'dataset' | 'model' | 'adapter';

/** Adapters come as adapter_* files or a zip; models as config, tokenizer and weights; all else is data. */
export function dropKind(names: readonly string[]): DropKind {
  const plain = names.map((name) => name.toLowerCase());
  if (plain.some((name) => /^adapter_(config\.json|model\.(safetensors|bin))$/.test(name))) return 'adapter';
  if (plain.length === 1 && plain[0]!.endsWith('.zip')) return 'adapter';
  const isModelFile = (name: string): boolean =>
    /\.safetensors(\.index\.json)?$/.test(name) || /^(config|tokenizer)\.json$/.test(name);
  return plain.some(isModelFile) ? 'model' : 'dataset';
}

/** The sentence shown while files hover over the page. */
export const DROP_HINT = 'Data, a model folder, or an adapter: Graft sees by the names which it is.';
