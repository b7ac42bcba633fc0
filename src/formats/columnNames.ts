import type { Problem } from '../lib/problem.ts';

/** Column names as used in rows, one per field of the header, all different and none empty. */
export interface ColumnNames {
  columns: string[];
  problems: Problem[];
}

/** Trims header fields, names the empty ones by their place, numbers repeated ones, and reports both. */
export function readColumnNames(header: readonly string[], file: string, row: number): ColumnNames {
  const taken = new Set(header.map((field) => field.trim()));
  const columns: string[] = [];
  const problems: Problem[] = [];
  const used = new Set<string>();
  for (const [index, field] of header.entries()) {
    const wanted = safeColumnName(field.trim());
    const base = wanted === '' ? `column ${index + 1}` : wanted;
    let name = base;
    for (let n = 2; used.has(name) || (name !== wanted && taken.has(name)); n++) name = `${base} (${n})`;
    used.add(name);
    columns.push(name);
    if (name === wanted) continue;
    problems.push({
      code: wanted === '' ? 'header-empty-name' : 'header-repeated-name',
      message:
        wanted === ''
          ? `Column ${index + 1} has no name in the header; it is called "${name}".`
          : `The header names "${wanted}" more than once; column ${index + 1} is called "${name}".`,
      fix: 'Rename it in the file if the name matters.',
      file,
      row,
      column: name,
    });
  }
  return { columns, problems };
}

/** `__proto__` cannot be a field of a plain object; every other name can. */
export function safeColumnName(name: string): string {
  return name === '__proto__' ? 'proto' : name;
}
