/**
 * Looks into the built page: what the main thread loads holds no tfjs, and what a worker loads does, so that the
 * check cannot pass because its markers went stale. Run after the build: `node scripts/checkBundle.mjs`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Strings of tfjs-core that minifiers keep: a property on the global object and an error message. */
export const tfjsMarkers = ['_tfGlobals', 'Tensor is disposed.'];

/** Every script that the entry loads on the main thread, at once or later, by Vite's manifest. */
export function mainThreadFiles(manifest) {
  const seen = new Set();
  const visit = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const chunk = manifest[key];
    for (const next of [...(chunk?.imports ?? []), ...(chunk?.dynamicImports ?? [])]) visit(next);
  };
  for (const [key, chunk] of Object.entries(manifest)) if (chunk.isEntry) visit(key);
  return [...seen].map((key) => manifest[key]?.file).filter((file) => file?.endsWith('.js'));
}

/** Problems as sentences; `scripts` maps each built script's path to its text. */
export function bundleProblems(manifest, scripts) {
  const main = mainThreadFiles(manifest);
  if (main.length === 0) return ["the manifest names no entry, so the main thread's scripts are unknown"];
  const problems = [];
  for (const file of main) {
    const text = scripts.get(file);
    if (text === undefined) problems.push(`${file} is in the manifest but was not built`);
    for (const marker of tfjsMarkers) {
      if (text?.includes(marker))
        problems.push(`${file} is loaded on the main thread and holds tfjs ("${marker}")`);
    }
  }
  const others = [...scripts].filter(([file]) => !main.includes(file));
  for (const marker of tfjsMarkers) {
    if (!others.some(([, text]) => text.includes(marker))) {
      problems.push(
        `no worker script holds "${marker}": the engine worker is missing, or this check is stale`,
      );
    }
  }
  return problems;
}

function readScripts(dist) {
  const paths = readdirSync(dist, { recursive: true }).filter((path) => path.endsWith('.js'));
  return new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(dist, path), 'utf8')]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'));
  const scripts = readScripts('dist');
  const problems = bundleProblems(manifest, scripts);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
  const main = mainThreadFiles(manifest);
  const bytes = main.reduce((sum, file) => sum + Buffer.byteLength(scripts.get(file)), 0);
  console.log(
    `Scripts on the main thread: ${main.length}, ${Math.round(bytes / 1000)} kB, no tfjs among them`,
  );
}
