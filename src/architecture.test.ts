/** The project's structure, tested: see src/test/architectureRules.ts for the rules. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { architectureProblems } from './test/architectureRules.ts';
import { parseSources } from './test/sourceGraph.ts';

/** Every source below src/: path with forward slashes → text. Declaration files hold no code, and AssemblyScript is no TypeScript. */
function readSources(): Map<string, string> {
  const folder = import.meta.dirname;
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts') && !path.includes('/assembly/'));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

/** Problems of a made-up project. */
function problemsOf(files: Record<string, string>): string[] {
  return architectureProblems(parseSources(new Map(Object.entries(files))));
}

test('the sources keep the rules', () => {
  const files = readSources();
  expect(files.size).toBeGreaterThan(10);
  expect(architectureProblems(parseSources(files))).toEqual([]);
});

describe('the rules can be broken', () => {
  test.each<[rule: string, files: Record<string, string>, sentence: RegExp]>([
    [
      'one-way imports',
      { 'lib/a.ts': `import { b } from '../data/b.ts';`, 'data/b.ts': 'export const b = 1;' },
      /^lib\/a\.ts imports data\/b\.ts; lib may import no other folder/,
    ],
    [
      'no imports within a row',
      { 'eval/a.ts': `export * from '../rag/b.ts';`, 'rag/b.ts': 'export const b = 1;' },
      /^eval\/a\.ts imports rag\/b\.ts; eval may import only lib/,
    ],
    [
      'lazy imports count',
      { 'engine/a.ts': `export const b = import('../data/b.ts');`, 'data/b.ts': '' },
      /^engine\/a\.ts imports data\/b\.ts/,
    ],
    [
      'a folder of its own',
      { 'misc/a.ts': `import '../lib/b.ts';`, 'lib/b.ts': '' },
      /^misc\/a\.ts lies in no folder/,
    ],
    [
      'inline types still load the module',
      { 'ui/A.tsx': `import { type B } from '../engine/b.ts';`, 'engine/b.ts': 'export type B = 1;' },
      /^ui\/A\.tsx imports engine\/b\.ts/,
    ],
    [
      'tests are for tests',
      { 'data/a.ts': `import { x } from '../test/x.ts';`, 'test/x.ts': 'export const x = 1;' },
      /only tests import tests/,
    ],
    [
      'one home for tfjs',
      { 'interop/a.ts': `import * as tf from '@tensorflow/tfjs';` },
      /only engine and training may/,
    ],
    [
      'React stays on the page',
      { 'workers/a.ts': `import { useState } from 'react';` },
      /workers\/a\.ts imports react/,
    ],
    [
      'ui takes only pure files of training',
      {
        'ui/A.tsx': `import { step } from '../training/step.ts';`,
        'training/step.ts': `import { matMul } from '../engine/matMul.ts'; export const step = matMul;`,
        'engine/matMul.ts': `export { matMul } from '@tensorflow/tfjs';`,
      },
      /it is not pure: training\/step\.ts → engine\/matMul\.ts → @tensorflow\/tfjs/,
    ],
    [
      'state starts no worker itself',
      { 'state/a.ts': `import '../workers/engine.worker.ts';`, 'workers/engine.worker.ts': '' },
      /^state\/a\.ts imports workers\/engine\.worker\.ts/,
    ],
    [
      'no cycles',
      { 'lib/a.ts': `import './b.ts';`, 'lib/b.ts': `import './a.ts';` },
      /^Import cycle: lib\/a\.ts → lib\/b\.ts → lib\/a\.ts/,
    ],
    [
      "the main thread's bundle holds no tfjs",
      {
        'main.tsx': `import './ui/App.tsx';`,
        'ui/App.tsx': `import '../state/run.ts';`,
        'state/run.ts': `import '../workers/engineClient.ts';`,
        'workers/engineClient.ts': `import '../engine/device.ts';`,
        'engine/device.ts': `import '@tensorflow/tfjs';`,
      },
      /^The main thread's bundle would hold tfjs: main\.tsx → .* → @tensorflow\/tfjs\.$/,
    ],
    [
      'one file asks for the GPU',
      { 'engine/a.ts': 'await navigator.gpu.requestAdapter();' },
      /uses navigator\.gpu; only engine\/device\.ts/,
    ],
    ['asking by cast', { 'engine/a.ts': '(self.navigator as unknown as N)?.gpu;' }, /uses navigator\.gpu/],
    ['asking by destructuring', { 'engine/a.ts': 'const { gpu } = navigator;' }, /uses navigator\.gpu/],
    ['asking by in', { 'state/a.ts': `export const has = 'gpu' in navigator;` }, /uses navigator\.gpu/],
    [
      'OPFS',
      { 'data/a.ts': 'await navigator.storage.getDirectory();' },
      /uses browser storage; only storage/,
    ],
    ['IndexedDB', { 'state/a.ts': `indexedDB.open('x');` }, /uses browser storage/],
    ['idb', { 'state/a.ts': `import { openDB } from 'idb';` }, /uses browser storage/],
    [
      'workers',
      { 'state/a.ts': `new Worker(new URL('./w.ts', import.meta.url));` },
      /uses new Worker; only workers/,
    ],
    ['the document', { 'state/a.ts': `document.title = 'x';` }, /uses the page/],
    [
      'the window',
      { 'lib/a.ts': `if (typeof window !== 'undefined') globalThis.document.title;` },
      /uses the page/,
    ],
    [
      'blocking reads',
      { 'engine/a.ts': 'export const f = (t: T) => t.dataSync();' },
      /uses a blocking read; no file/,
    ],
  ])('%s', (_rule, files, sentence) => {
    const problems = problemsOf(files);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(sentence);
  });
});

describe('what the rules allow', () => {
  test.each<[what: string, files: Record<string, string>]>([
    [
      'types from anywhere',
      { 'lib/a.ts': `import type { B } from '../ui/b.ts'; export type { C } from '../engine/c.ts';` },
    ],
    [
      'ui with a pure function of training',
      {
        'ui/A.tsx': `import { rates } from '../training/schedule.ts'; export const a = <b>{rates}</b>;`,
        'training/schedule.ts': `import { sum } from '../lib/sum.ts'; export const rates = sum;`,
        'lib/sum.ts': 'export const sum = 1;',
      },
    ],
    [
      'a client that names its worker',
      {
        'main.tsx': `import './state/run.ts'; document.title;`,
        'state/run.ts': `import '../workers/engineClient.ts';`,
        'workers/engineClient.ts': `new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module' });`,
        'workers/engine.worker.ts': `import '../engine/device.ts';`,
        'engine/device.ts': `import '@tensorflow/tfjs'; navigator.gpu;`,
      },
    ],
    [
      'words that only look like the page',
      {
        'rag/a.ts': `// the window of a document
          export const f = (document: { window: number }) => document.window;
          export const g = { document: 'window', window: 'indexedDB' };`,
      },
    ],
    [
      'anything in a test',
      { 'lib/a.test.ts': `import '@tensorflow/tfjs'; import '../ui/App.tsx'; x.dataSync();` },
    ],
  ])('%s', (_what, files) => {
    expect(problemsOf(files)).toEqual([]);
  });

  test('a source that cannot be parsed is named', () => {
    expect(() => problemsOf({ 'lib/a.ts': 'const = ;' })).toThrow(/^lib\/a\.ts cannot be parsed/);
  });
});
