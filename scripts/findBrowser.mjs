/**
 * Finds a Chrome or Chromium for the journeys, and installs one when there is none; prints each attempt.
 * chromium-headless-shell is never taken: it has no WebGPU.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './install.mjs';
import { run, runTool } from './run.mjs';

const oldestMajor = 120;

/** Usual names on the search path, then usual places per platform. */
function usualPaths() {
  const { env, platform } = process;
  if (platform === 'darwin') {
    const bundles = ['Google Chrome', 'Chromium', 'Google Chrome Beta', 'Google Chrome Canary'];
    return ['', env.HOME ?? ''].flatMap((home) =>
      bundles.map((name) => `${home}/Applications/${name}.app/Contents/MacOS/${name}`),
    );
  }
  if (platform === 'win32') {
    const places = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter(Boolean);
    const products = ['Google\\Chrome', 'Google\\Chrome Beta', 'Chromium'];
    return places.flatMap((place) =>
      products.map((product) => join(place, product, 'Application', 'chrome.exe')),
    );
  }
  const names = [
    'google-chrome',
    'google-chrome-stable',
    'chromium',
    'chromium-browser',
    'google-chrome-beta',
  ];
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  return [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    '/opt/google/chrome/chrome',
  ];
}

/**
 * `{version}` when the program at `path` says it is a Chrome or Chromium that is new enough, else `{reason}`.
 * On Windows, Chrome opens a window instead of telling its version, so its presence has to do.
 */
export function checkBrowser(path) {
  if (!existsSync(path)) return { reason: 'not there' };
  if (process.platform === 'win32') return { version: 'version not asked' };
  const told = spawnSync(path, ['--version'], {
    encoding: 'utf8',
    timeout: 30_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (told.error) return { reason: `does not run: ${told.error.message}` };
  const version = /Chrom(?:e|ium)\D*(\d+)\.[\d.]+/.exec(told.stdout);
  if (!version) {
    const said = (told.stderr || told.stdout || `exit code ${told.status}`).trim().split('\n')[0];
    return { reason: `does not tell a version: ${said}` };
  }
  if (Number(version[1]) < oldestMajor) {
    return { reason: `is version ${version[1]}; ${oldestMajor} or newer is needed` };
  }
  return { version: version[0].trim() };
}

async function playwrightPath() {
  const { chromium } = await import('@playwright/test');
  return chromium.executablePath();
}

function isDebian() {
  try {
    return /^ID(?:_LIKE)?=.*\b(?:debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** Prints one attempt and its result; returns the path when it holds a usable browser. */
function attempt(label, path) {
  const { version, reason } = checkBrowser(path);
  console.log(`  ${label}: ${version ? `${version}, ${path}` : `${path} ${reason}`}`);
  return version ? path : null;
}

function findInstalled() {
  const given = process.env.CHROME_PATH;
  if (!given) console.log('  CHROME_PATH: not set');
  const found = given ? attempt('CHROME_PATH', given) : null;
  if (found) return found;
  const present = [...new Set(usualPaths())].filter((path) => existsSync(path));
  if (present.length === 0) console.log('  installed Chrome or Chromium: none in the usual places');
  for (const path of present) {
    if (attempt('installed', path)) return path;
  }
  return null;
}

/** The path of a browser, or null after every way has failed. Needs node_modules. */
export async function findBrowser() {
  console.log('Looking for a browser:');
  const installed = findInstalled();
  if (installed) return installed;

  const own = await playwrightPath();
  const cached = attempt("Playwright's own", own);
  if (cached) return cached;

  const cli = join(root, 'node_modules', '@playwright', 'test', 'cli.js');
  console.log('  npx playwright install chromium …');
  const download = await runTool(cli, ['install', '--no-shell', 'chromium'], { cwd: root, limitMinutes: 5 });
  if (!download.ok) console.log(`  npx playwright install chromium: ${download.why}`);
  const downloaded = download.ok ? attempt("Playwright's own", own) : null;
  if (downloaded) return downloaded;

  if (!isDebian() || process.getuid?.() !== 0) {
    console.log("  Debian's package: only as root on Debian or Ubuntu");
  } else {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    console.log('  apt-get install chromium …');
    const update = await run('apt-get', ['update', '-q'], { env, limitMinutes: 5 });
    if (!update.ok) console.log(`  apt-get update: ${update.why}`);
    const packages = ['install', '-y', '-q', '--no-install-recommends', 'chromium'];
    const install = await run('apt-get', packages, { env, limitMinutes: 10 });
    if (!install.ok) console.log(`  apt-get install chromium: ${install.why}`);
    const debian = attempt("Debian's package", '/usr/bin/chromium');
    if (debian) return debian;
  }
  console.log('  No browser. Install Chrome or Chromium, or set CHROME_PATH to one, and run this again.');
  return null;
}
