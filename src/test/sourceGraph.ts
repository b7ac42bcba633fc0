/**
 * Reads TypeScript sources as a graph of imports, with the parser that Vite builds with. Only what exists at run time
 * counts: `import type` and `export type` are free. (`import { type A }` is not: the module is still loaded.)
 */
import { posix } from 'node:path';
import { parseSync } from 'vite';

export interface SourceImport {
  /** As written, without a query such as `?raw`. */
  specifier: string;
  /** Path of the imported file relative to src/, or null for a package. */
  path: string | null;
  isDynamic: boolean;
}

/** A node of the syntax tree, as far as walking over it needs to know it. */
export interface SyntaxNode {
  type: string;
  [key: string]: unknown;
}

export interface SourceFile {
  /** Relative to src/, with forward slashes. */
  path: string;
  imports: SourceImport[];
  program: SyntaxNode;
}

/** Parses `files` (path relative to src/ → text). Throws, naming the file, when one cannot be parsed. */
export function parseSources(files: ReadonlyMap<string, string>): Map<string, SourceFile> {
  const sources = new Map<string, SourceFile>();
  for (const [path, text] of files) {
    const { module, program, errors } = parseSync(path, text);
    if (errors[0]) throw new Error(`${path} cannot be parsed: ${errors[0].message}`);
    const imports: SourceImport[] = [];
    const add = (written: string, isDynamic: boolean) => {
      const specifier = written.replace(/\?.*$/, '');
      const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null;
      imports.push({ specifier, path: target, isDynamic });
    };
    for (const { start, end, moduleRequest } of module.staticImports) {
      if (!/^import\s+type\b/.test(text.slice(start, end))) add(moduleRequest.value, false);
    }
    for (const { start, end, entries } of module.staticExports) {
      const request = entries.find((entry) => entry.moduleRequest)?.moduleRequest;
      if (request && !/^export\s+type\b/.test(text.slice(start, end))) add(request.value, false);
    }
    for (const { moduleRequest } of module.dynamicImports) {
      const written = /^(['"`])([^$]*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[2];
      if (written) add(written, true);
    }
    sources.set(path, { path, imports, program: program as unknown as SyntaxNode });
  }
  return sources;
}

/**
 * The shortest chain of files from `start` to an import for which `isTarget` holds, with the specifier of that import
 * at its end; null when there is none. `staticOnly` leaves out `import()`.
 */
export function findChain(
  sources: ReadonlyMap<string, SourceFile>,
  start: string,
  isTarget: (found: SourceImport) => boolean,
  { staticOnly = false } = {},
): string[] | null {
  const cameFrom = new Map<string, string | null>([[start, null]]);
  const queue = [start];
  for (const path of queue) {
    for (const found of sources.get(path)?.imports ?? []) {
      if (staticOnly && found.isDynamic) continue;
      if (isTarget(found)) {
        const chain = [found.path ?? found.specifier];
        for (let at: string | null = path; at !== null; at = cameFrom.get(at) ?? null) chain.unshift(at);
        return chain;
      }
      if (found.path !== null && sources.has(found.path) && !cameFrom.has(found.path)) {
        cameFrom.set(found.path, path);
        queue.push(found.path);
      }
    }
  }
  return null;
}

/** Import cycles, each once, as chains whose first and last file are the same. */
export function findCycles(sources: ReadonlyMap<string, SourceFile>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const stack: string[] = [];
  const visit = (path: string) => {
    const from = stack.indexOf(path);
    if (from >= 0) cycles.push([...stack.slice(from), path]);
    if (from >= 0 || done.has(path)) return;
    stack.push(path);
    for (const found of sources.get(path)?.imports ?? []) {
      if (found.path !== null && sources.has(found.path)) visit(found.path);
    }
    stack.pop();
    done.add(path);
  };
  for (const path of sources.keys()) visit(path);
  return cycles;
}

/** Calls `visit` for every node below `node`, parents first. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | null) => void,
  parent: SyntaxNode | null = null,
): void {
  visit(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit, node);
    }
  }
}

/** Is this value of the tree a node, rather than a name, a position or nothing? */
export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';
}
