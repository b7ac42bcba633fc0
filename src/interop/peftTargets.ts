/** Which modules an adapter_config.json means, by PEFT's rules (`check_target_module_exists`, `get_pattern_key`). */

/** The fields that decide; as they stand in the file. */
export interface TargetFields {
  readonly target_modules?: unknown;
  readonly exclude_modules?: unknown;
  readonly modules_to_save?: unknown;
  readonly layers_to_transform?: unknown;
  readonly layers_pattern?: unknown;
}

/** Whether a module path is a target. Without target_modules the defaults of the method count. */
export function targetTest(fields: TargetFields, defaults: readonly string[]): (path: string) => boolean {
  const targets = fields.target_modules ?? defaults;
  const isNamed = namedTest(targets);
  const isExcluded = isGiven(fields.exclude_modules) ? namedTest(fields.exclude_modules) : () => false;
  const isSaved = (path: string): boolean =>
    textList(fields.modules_to_save).some((name) => matches(`^(^|.*\\.)${name}($|\\..*)`, path));
  // A single expression for whole paths is not narrowed by layers.
  const isInLayers = typeof targets === 'string' ? () => true : layerTest(fields);
  return (path) => !isExcluded(path) && !isSaved(path) && isNamed(path) && isInLayers(path);
}

/** A list names modules by the end of their path; a text is a regular expression for whole paths, or "all-linear". */
export function namedTest(names: unknown): (path: string) => boolean {
  if (typeof names === 'string') {
    return names.toLowerCase() === 'all-linear' ? () => true : (path) => matches(`^(?:${names})$`, path);
  }
  const list = textList(names);
  return (path) => list.some((name) => path === name || path.endsWith(`.${name}`));
}

/** Value of the first key that matches the end of the path as a regular expression. */
export function patternValue(patterns: Readonly<Record<string, number>>, path: string): number | undefined {
  const key = Object.keys(patterns).find((name) => matches(`^(.*\\.)?(${name})$`, path));
  return key === undefined ? undefined : patterns[key];
}

/** layers_to_transform: only modules below these numbers; layers_pattern names the list that is counted. */
function layerTest({ layers_to_transform: layers, layers_pattern }: TargetFields): (path: string) => boolean {
  const wanted = typeof layers === 'number' ? [layers] : Array.isArray(layers) ? (layers as unknown[]) : [];
  if (wanted.length === 0) return () => true;
  const names = typeof layers_pattern === 'string' ? [layers_pattern] : textList(layers_pattern);
  const patterns =
    names.length === 0
      ? [String.raw`^.*?\.[^.]*\.(\d+)\.`]
      : names.map((name) => String.raw`^(?:|.*?\.)${name}\.(\d+)\.`);
  return (path) => {
    const found = patterns.map((pattern) => expression(pattern)?.exec(path)).find((match) => match != null);
    return found != null && wanted.includes(Number(found.at(-1)));
  };
}

/** The texts of a list; nothing for anything else. */
export function textList(value: unknown): string[] {
  return Array.isArray(value) ? (value as unknown[]).filter((item) => typeof item === 'string') : [];
}

function isGiven(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || textList(value).length > 0;
}

function matches(source: string, path: string): boolean {
  return expression(source)?.test(path) ?? false;
}

/** Python's syntax for named groups is the one difference that configurations use. */
function expression(source: string): RegExp | null {
  try {
    return new RegExp(source.replaceAll('(?P<', '(?<'));
  } catch {
    return null; // In what little else the two differ, a pattern matches nothing; the tensors are then reported.
  }
}
