/**
 * Brings node_modules in line with package-lock.json, and only when it is not already.
 * Only Node's own modules, because this runs before anything is installed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const neededNode = [20, 19];

/** Says what to do and ends the process when this Node is older than the tools can run on. */
export function requireNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major > neededNode[0] || (major === neededNode[0] && minor >= neededNode[1])) return;
  console.error(`Graft needs Node ${neededNode.join('.')} or newer; this is Node ${version}.`);
  console.error('Install a current Node from nodejs.org or with your package manager, then run this again.');
  process.exit(1);
}

/**
 * The first difference between the lock file and what npm says it installed, as a sentence; null when there is none.
 * Compares versions, not times: a fresh checkout of the same lock file installs nothing. Optional packages may be
 * absent, since they are built for other platforms.
 */
export function firstDifference(lock, installed) {
  if (!installed) return 'node_modules is missing';
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '' || wanted.link) continue;
    const have = installed.packages?.[path];
    if (!have && (wanted.optional || wanted.devOptional || wanted.peer)) continue;
    if (!have) return `${path} is missing`;
    if (have.version !== wanted.version) return `${path} is ${have.version}, wanted ${wanted.version}`;
  }
  return null;
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** npm, run by the same Node where npm tells us its place (under `npm start`), else found on the search path. */
function runNpm(args) {
  const options = { cwd: root, limitMinutes: 15 };
  const npmEntry = process.env.npm_execpath;
  if (npmEntry?.endsWith('.js') && existsSync(npmEntry)) {
    return run(process.execPath, [npmEntry, ...args], options);
  }
  return run('npm', args, { ...options, shell: process.platform === 'win32' });
}

/** Installs what is missing. Resolves with true when node_modules is complete afterwards. */
export async function ensureInstalled() {
  const lock = readJson(join(root, 'package-lock.json'));
  const installedPath = join(root, 'node_modules', '.package-lock.json');
  const difference = lock ? firstDifference(lock, readJson(installedPath)) : 'there is no package-lock.json';
  if (difference === null) return true;

  // --include=dev: the build needs the tools even where NODE_ENV says production.
  const quiet = ['--include=dev', '--no-audit', '--no-fund'];
  console.log(`Installing packages (${difference}) …`);
  if (lock) {
    const exact = await runNpm(['ci', ...quiet]);
    if (exact.ok) return true;
    console.log(`npm ci did not finish (${exact.why}); trying npm install.`);
  }
  const loose = await runNpm(['install', ...quiet]);
  if (!loose.ok) console.error(`npm install did not finish: ${loose.why}.`);
  return loose.ok;
}
