import { expect, test } from 'vitest';
import { bundleProblems, mainThreadFiles, tfjsMarkers } from './checkBundle.mjs';

const manifest = {
  'index.html': {
    file: 'assets/index.js',
    isEntry: true,
    imports: ['_shared.js'],
    dynamicImports: ['src/ui/Late.tsx'],
  },
  '_shared.js': { file: 'assets/shared.js' },
  'src/ui/Late.tsx': { file: 'assets/late.js', imports: ['_shared.js'] },
};
const clean = ['assets/index.js', 'assets/shared.js', 'assets/late.js'].map((file) => [file, 'let a']);
const worker = ['assets/engine.worker.js', tfjsMarkers.join(' ')];

test('the main thread loads its entry, what that imports, and what it imports later', () => {
  expect(mainThreadFiles(manifest)).toEqual(['assets/index.js', 'assets/shared.js', 'assets/late.js']);
  expect(bundleProblems(manifest, new Map([...clean, worker]))).toEqual([]);
});

test('tfjs in a shared script is a problem', () => {
  const scripts = new Map([...clean, worker, ['assets/shared.js', tfjsMarkers[0]]]);
  expect(bundleProblems(manifest, scripts)).toEqual([
    `assets/shared.js is loaded on the main thread and holds tfjs ("${tfjsMarkers[0]}")`,
  ]);
});

test('the check fails when no worker holds tfjs, so it cannot go stale', () => {
  expect(bundleProblems(manifest, new Map(clean))).toHaveLength(tfjsMarkers.length);
  expect(bundleProblems({}, new Map([worker]))).toHaveLength(1);
});
