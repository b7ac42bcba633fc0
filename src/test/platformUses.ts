/**
 * Finds where a source touches the platform: the GPU, storage, workers, the page, blocking reads. Works on the syntax
 * tree, so that comments, strings and local variables of the same name do not count.
 */
import { isNode, walk, type SourceFile, type SyntaxNode } from './sourceGraph.ts';

export type PlatformUse = 'navigator.gpu' | 'browser storage' | 'new Worker' | 'the page' | 'a blocking read';

const pageGlobals = new Set(['document', 'window']);
const storageGlobals = new Set(['indexedDB']);
const globalObjects = new Set(['globalThis', 'self', 'window']);
const wrappers = new Set([
  'TSAsExpression',
  'TSNonNullExpression',
  'TSSatisfiesExpression',
  'TSTypeAssertion',
  'ParenthesizedExpression',
  'ChainExpression',
]);

/** An expression without casts and brackets around it. */
function bare(value: unknown): SyntaxNode | null {
  if (!isNode(value)) return null;
  return wrappers.has(value.type) ? bare(value['expression']) : value;
}

/** The name that `x.name`, `x['name']` or `{ name: … }` speaks of. */
function keyName(node: SyntaxNode, field: 'property' | 'key'): string | null {
  const key = node[field];
  if (!isNode(key)) return null;
  if (key.type === 'Identifier' && node['computed'] !== true) return String(key['name']);
  return key.type === 'Literal' ? String(key['value']) : null;
}

/** Is this the global `name`, or a member of that name (`self.navigator`)? */
function isNamed(value: unknown, name: string): boolean {
  const node = bare(value);
  if (node?.type === 'Identifier') return node['name'] === name;
  return node?.type === 'MemberExpression' && keyName(node, 'property') === name;
}

function patternNames(pattern: unknown, names: Set<string>): void {
  if (!isNode(pattern)) return;
  if (pattern.type === 'Identifier') names.add(String(pattern['name']));
  const inner = [pattern['left'], pattern['argument'], pattern['parameter'], pattern['value']];
  const lists = [pattern['elements'], pattern['properties']].flatMap((list) =>
    Array.isArray(list) ? list : [],
  );
  for (const part of [...inner, ...lists]) patternNames(part, names);
}

/** Every name that the file declares itself, as a variable, a parameter, a function or an import. */
function declaredNames(program: SyntaxNode): Set<string> {
  const names = new Set<string>();
  walk(program, (node) => {
    if (node.type === 'VariableDeclarator' || node.type.endsWith('Declaration')) {
      patternNames(node['id'], names);
    }
    if (node.type.startsWith('Import')) patternNames(node['local'], names);
    if (node.type === 'CatchClause') patternNames(node['param'], names);
    for (const parameter of Array.isArray(node['params']) ? node['params'] : []) {
      patternNames(parameter, names);
    }
  });
  return names;
}

/** Does this identifier only name a member or a property, rather than stand for a value? */
function isMereKey(node: SyntaxNode, parent: SyntaxNode | null): boolean {
  if (parent === null || parent['computed'] === true) return false;
  if (parent['shorthand'] === true) return false;
  return parent['property'] === node || parent['key'] === node || parent['label'] === node;
}

function memberUse(node: SyntaxNode): PlatformUse | null {
  const name = keyName(node, 'property');
  const object = bare(node['object']);
  if (name === null || object === null) return null;
  if (name === 'gpu' && isNamed(object, 'navigator')) return 'navigator.gpu';
  if (name === 'dataSync' || name === 'arraySync') return 'a blocking read';
  if (name === 'getDirectory') return 'browser storage';
  if (object.type !== 'Identifier' || !globalObjects.has(String(object['name']))) return null;
  if (pageGlobals.has(name)) return 'the page';
  return storageGlobals.has(name) ? 'browser storage' : null;
}

/** What one node of the tree touches; `declared` are the file's own names. */
function nodeUse(node: SyntaxNode, parent: SyntaxNode | null, declared: Set<string>): PlatformUse | null {
  switch (node.type) {
    case 'MemberExpression':
      return memberUse(node);
    case 'NewExpression':
      return isNamed(node['callee'], 'Worker') || isNamed(node['callee'], 'SharedWorker')
        ? 'new Worker'
        : null;
    case 'VariableDeclarator': {
      const pattern = node['id'];
      const properties = isNode(pattern) && Array.isArray(pattern['properties']) ? pattern['properties'] : [];
      const takesGpu = properties.some((property) => isNode(property) && keyName(property, 'key') === 'gpu');
      return takesGpu && isNamed(node['init'], 'navigator') ? 'navigator.gpu' : null;
    }
    case 'BinaryExpression': {
      const left = bare(node['left']);
      const asksForGpu = node['operator'] === 'in' && left?.type === 'Literal' && left['value'] === 'gpu';
      return asksForGpu && isNamed(node['right'], 'navigator') ? 'navigator.gpu' : null;
    }
    case 'Identifier': {
      const name = String(node['name']);
      if (declared.has(name) || isMereKey(node, parent)) return null;
      if (pageGlobals.has(name)) return 'the page';
      return storageGlobals.has(name) ? 'browser storage' : null;
    }
    default:
      return null;
  }
}

/** Each kind of platform use in the file, once. Importing `idb` is browser storage too. */
export function platformUses(source: SourceFile): Set<PlatformUse> {
  const declared = declaredNames(source.program);
  const uses = new Set<PlatformUse>();
  if (source.imports.some(({ specifier }) => specifier === 'idb')) uses.add('browser storage');
  walk(source.program, (node, parent) => {
    const use = nodeUse(node, parent, declared);
    if (use !== null) uses.add(use);
  });
  return uses;
}
