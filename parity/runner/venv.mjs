/** The Python environment with the reference systems: outside of the source tree, made on first use. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../scripts/run.mjs';

const isWindows = process.platform === 'win32';

/** GRAFT_PARITY_VENV, or a folder in the user's cache. */
export function venvFolder(env = process.env) {
  if (env.GRAFT_PARITY_VENV) return env.GRAFT_PARITY_VENV;
  const home = homedir();
  const cache = {
    darwin: join(home, 'Library', 'Caches'),
    win32: env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'),
  }[process.platform];
  return join(cache ?? env.XDG_CACHE_HOME ?? join(home, '.cache'), 'graft', 'parity-venv');
}

const pythonOf = (folder) => join(folder, ...(isWindows ? ['Scripts', 'python.exe'] : ['bin', 'python']));

/** Pinned packages of requirements.txt: [[name, version], …]. */
export function pinnedPackages(text) {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return lines.filter((line) => line !== '').map((line) => line.split('=='));
}

/** The packages that `python` lacks or has in another version. */
function missingPackages(python, pinned) {
  const script = `
import json, sys
from importlib.metadata import PackageNotFoundError, version
def found(name):
    try: return version(name).split("+")[0]
    except PackageNotFoundError: return None
print(json.dumps([f"{n} {v}" for n, v in json.loads(sys.argv[1]) if found(n) != v]))`;
  const told = spawnSync(python, ['-c', script, JSON.stringify(pinned)], { encoding: 'utf8' });
  if (told.status !== 0) throw new Error(`${python} does not run: ${told.stderr || told.error?.message}`);
  return JSON.parse(told.stdout);
}

/** A Python of at least 3.10 on the search path. */
function findPython(env = process.env) {
  const names = [env.PYTHON, 'python3', 'python', 'py'].filter(Boolean);
  const script = 'import sys; sys.exit(sys.version_info < (3, 10))';
  const python = names.find((name) => spawnSync(name, ['-c', script]).status === 0);
  if (!python) throw new Error('No Python of at least 3.10 was found. Install one, or set PYTHON to it.');
  return python;
}

async function must(command, args, limitMinutes) {
  const { ok, why } = await run(command, args, { limitMinutes });
  if (!ok) throw new Error(`${[command, ...args].join(' ')}: ${why}`);
}

/** Path of a Python with everything in `requirements`; makes the environment and installs what it lacks. */
export async function ensureVenv(requirements) {
  const folder = venvFolder();
  const python = pythonOf(folder);
  if (!existsSync(python)) {
    console.log(`Making a Python environment in ${folder}`);
    await must(findPython(), ['-m', 'venv', folder], 5);
  }
  const pinned = pinnedPackages(readFileSync(requirements, 'utf8'));
  const missing = missingPackages(python, pinned);
  if (missing.length > 0) {
    console.log(`Installing ${missing.join(', ')}; this takes minutes the first time`);
    await must(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements], 60);
  }
  return python;
}
