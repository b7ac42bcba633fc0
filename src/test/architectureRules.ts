/**
 * The project's promises about its own structure, as one function from sources to sentences. The table is the one in
 * ARCHITECTURE.md: imports go one way, and each part of the platform has one owner.
 */
import { platformUses, type PlatformUse } from './platformUses.ts';
import { findChain, findCycles, type SourceFile, type SourceImport } from './sourceGraph.ts';

/** Which folders each folder may import, besides itself. `state` and `ui` may import some single files more. */
const mayImport: Record<string, readonly string[]> = {
  lib: [],
  formats: ['lib'],
  tokenizer: ['lib'],
  eval: ['lib'],
  rag: ['lib'],
  data: ['formats', 'tokenizer', 'lib'],
  engine: ['lib'],
  training: ['engine', 'data', 'formats', 'eval', 'lib'],
  interop: ['engine', 'data', 'formats', 'eval', 'lib'],
  storage: ['formats', 'lib'],
  workers: ['interop', 'training', 'engine', 'storage', 'data', 'eval', 'rag', 'tokenizer', 'formats', 'lib'],
  state: ['storage', 'data', 'eval', 'rag', 'lib'],
  ui: ['state', 'lib'],
  'main.tsx': ['ui', 'state', 'lib'],
};

/** Packages with one home each; every other package may be imported anywhere. */
const packageHomes: readonly { name: RegExp; folders: readonly string[] }[] = [
  { name: /^@tensorflow\//, folders: ['engine', 'training'] },
  { name: /^(?:react-dom|recharts|radix-ui|@tanstack\/.*)(?:\/|$)/, folders: ['ui', 'main.tsx'] },
  { name: /^react(?:\/|$)/, folders: ['state', 'ui', 'main.tsx'] },
  { name: /^zustand(?:\/|$)/, folders: ['state', 'ui'] },
];

const useHomes: Record<PlatformUse, { isHome: (path: string) => boolean; home: string }> = {
  'navigator.gpu': { isHome: (path) => path === 'engine/device.ts', home: 'only engine/device.ts' },
  'browser storage': { isHome: (path) => folderOf(path) === 'storage', home: 'only storage/' },
  'new Worker': {
    isHome: (path) => /^workers\/\w+Client\.ts$/.test(path),
    home: 'only workers/*Client.ts',
  },
  'the page': {
    isHome: (path) => folderOf(path) === 'ui' || path === 'main.tsx',
    home: 'only ui/ and main.tsx (document, window)',
  },
  'a blocking read': {
    isHome: () => false,
    home: 'no file at all (dataSync and arraySync lose the device)',
  },
};

export const isTfjs = ({ specifier }: SourceImport): boolean => specifier.startsWith('@tensorflow/');

export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path) || path.startsWith('test/');

/** The first folder of a path, or the file itself when it lies in none. */
export function folderOf(path: string): string {
  return path.split('/')[0] ?? path;
}

/** What `state` and `ui` may import beyond their row, in words; whyNotException decides. */
const exceptions: Record<string, string> = {
  state:
    ', workers/*Client, workers/protocol, workers/rpc, formats/table, and tfjs-free files of engine and training',
  ui: ', and files of data, eval, rag and training that reach no tfjs, storage or worker',
};

/**
 * Null when `from` may import this one file outside of its row. Else what to add to the sentence: nothing, or the
 * chain of imports that makes the file impure.
 */
function whyNotException(
  sources: ReadonlyMap<string, SourceFile>,
  from: string,
  target: string,
): string | null {
  const folder = folderOf(target);
  if (from === 'state') {
    if (/^workers\/\w+Client\.ts$/.test(target)) return null;
    if (['workers/protocol.ts', 'workers/rpc.ts', 'formats/table.ts'].includes(target)) return null;
    if (folder !== 'engine' && folder !== 'training') return '';
  } else if (from !== 'ui' || !['data', 'eval', 'rag', 'training'].includes(folder)) {
    return '';
  }
  const isImpure = (found: SourceImport) =>
    isTfjs(found) || ['storage', 'workers'].includes(folderOf(found.path ?? ''));
  const chain = findChain(sources, target, isImpure);
  return chain && `; it is not pure: ${chain.join(' → ')}`;
}

function importProblem(
  sources: ReadonlyMap<string, SourceFile>,
  source: SourceFile,
  found: SourceImport,
): string | null {
  const from = folderOf(source.path);
  if (found.path === null) {
    const home = packageHomes.find(({ name }) => name.test(found.specifier));
    if (!home || home.folders.includes(from)) return null;
    return `${source.path} imports ${found.specifier}; only ${home.folders.join(' and ')} may.`;
  }
  const to = folderOf(found.path);
  const allowed = mayImport[from];
  if (!allowed)
    return `${source.path} lies in no folder of the table; add ${from} to the table or move the file.`;
  if (isTest(found.path)) {
    return `${source.path} imports ${found.path}; only tests import tests and src/test.`;
  }
  if (to === from || allowed.includes(to)) return null;
  const reason = whyNotException(sources, from, found.path);
  if (reason === null) return null;
  const list = allowed.length > 0 ? `only ${allowed.join(', ')}` : 'no other folder';
  return `${source.path} imports ${found.path}; ${from} may import ${list}${exceptions[from] ?? ''}${reason} (types are free with "import type").`;
}

/** Every broken rule as a sentence that names the file, what it does, and the rule. Tests may do anything. */
export function architectureProblems(sources: ReadonlyMap<string, SourceFile>): string[] {
  const problems: string[] = [];
  for (const source of sources.values()) {
    if (isTest(source.path)) continue;
    for (const found of source.imports) {
      const problem = importProblem(sources, source, found);
      if (problem !== null) problems.push(problem);
    }
    for (const use of platformUses(source)) {
      const { isHome, home } = useHomes[use];
      if (!isHome(source.path)) problems.push(`${source.path} uses ${use}; ${home} may.`);
    }
  }
  for (const cycle of findCycles(sources)) problems.push(`Import cycle: ${cycle.join(' → ')}.`);
  const chain = findChain(sources, 'main.tsx', isTfjs, { staticOnly: true });
  if (chain) problems.push(`The main thread's bundle would hold tfjs: ${chain.join(' → ')}.`);
  return problems;
}
