/**
 * `npm run parity`: runs Graft's engine in headless Chromium and the reference systems in Python on the same inputs, prints
 * a table of every comparison, and ends with `N passed, N failed`. parity/README.md says what is compared.
 *
 *   --only NAME[,NAME]   these cases only        --seed N      other weights, shapes and texts
 *   --backend NAME[,…]   webgpu (default), wasm   --quick       smaller shapes, fewer rows
 *   --data FOLDER        tokenizer and texts      --hardware    WebGPU on the machine's GPU
 *   --keep               leave the cases' folders for a look
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { findBrowser } from './findBrowser.mjs';
import { ensureInstalled, requireNode, root } from './install.mjs';
import { exitOnSignals, runTool } from './run.mjs';
import { serveFolder } from './serveFolder.mjs';
import { hasPassed, headLine, tableLine } from '../parity/runner/table.mjs';
import { ensureVenv } from '../parity/runner/venv.mjs';

requireNode();
process.chdir(root);

const python = join('parity', 'python');
const caseFiles = readdirSync(join('parity', 'cases')).filter((name) => name.endsWith('.case.ts'));
const caseNames = caseFiles.map((name) => name.replace('.case.ts', '')).sort();

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      backend: { type: 'string', multiple: true, default: ['webgpu'] },
      seed: { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      data: { type: 'string', default: process.env.GRAFT_PARITY_DATA ?? join('..', 'shared', 'data') },
      hardware: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const split = (texts) => texts.flatMap((text) => text.split(','));
  const only = split(values.only);
  const backends = split(values.backend);
  const unknown = only.filter((name) => !caseNames.includes(name));
  if (unknown.length > 0) {
    throw new Error(`No case is called ${unknown.join(', ')}; there are ${caseNames.join(', ')}.`);
  }
  const other = backends.filter((name) => !['webgpu', 'wasm'].includes(name));
  if (other.length > 0)
    throw new Error(`No backend is called ${other.join(', ')}; there are webgpu and wasm.`);
  if (!/^\d{1,9}$/.test(values.seed)) throw new Error(`The seed is a whole number, not ${values.seed}.`);
  return {
    ...values,
    seed: Number(values.seed),
    names: only.length === 0 ? caseNames : caseNames.filter((name) => only.includes(name)),
    backends,
  };
}

/** Runs the Python half of a case; resolves with its lines and, when it cannot run here, why. */
function runPython(interpreter, what, name, folder, { seed, quick, data }) {
  const args = ['-m', 'graft_parity', what, name, folder, '--seed', String(seed), '--data', data];
  return new Promise((resolve, reject) => {
    const child = spawn(interpreter, quick ? [...args, '--quick'] : args, {
      env: {
        ...process.env,
        PYTHONPATH: python,
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONIOENCODING: 'utf-8',
        HF_HUB_OFFLINE: '1',
        TOKENIZERS_PARALLELISM: 'false',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lines = [];
    const said = [];
    let skipped = null;
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (text.startsWith('LINE '))
        lines.push(JSON.parse(text.slice(5).replaceAll(/\b(?:NaN|-?Infinity)\b/g, 'null')));
      else if (text.startsWith('SKIPPED ')) skipped = text.slice(8);
      else console.log(`  ${text}`);
    });
    createInterface({ input: child.stderr }).on('line', (text) => said.push(text));
    const stop = () => child.kill();
    process.once('exit', stop);
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('exit', stop);
      if (code === 0 || skipped !== null) resolve({ lines, skipped });
      else
        reject(
          new Error(
            `python -m graft_parity ${what} ${name} ended with ${code}:\n${said.slice(-15).join('\n')}`,
          ),
        );
    });
  });
}

const hasCheck = (name) =>
  /^def check\(/m.test(readFileSync(join(python, 'graft_parity', 'cases', `${name}.py`), 'utf8'));

/** Reports lines of one case on one backend: prints them and counts them. */
function makeTally() {
  const tally = { passed: 0, failed: [], skipped: [] };
  return {
    tally,
    line(prefix, line) {
      const whole = { ...line, name: `${prefix}: ${line.name}` };
      console.log(tableLine(whole));
      if (hasPassed(line)) tally.passed++;
      else tally.failed.push(whole.name);
    },
    fail(prefix, error) {
      console.log(`${prefix}: FAILED: ${error.message}`);
      tally.failed.push(`${prefix}: ${error.message.split('\n')[0]}`);
    },
    skip(prefix, reason) {
      console.log(`${prefix}: skipped, ${reason}`);
      tally.skipped.push(`${prefix}: ${reason}`);
    },
  };
}

/** Makes, runs and checks one case on every backend that it needs. */
async function runCase(name, { interpreter, pages, openPage, work, options, report }) {
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true });
  try {
    const { skipped } = await runPython(interpreter, 'make', name, folder, options);
    if (skipped !== null) return report.skip(name, skipped);
    for (const [backend, page] of pages) {
      const { usesDevice } = page.cases.find((found) => found.name === name);
      if (!usesDevice && backend !== options.backends[0]) continue;
      const prefix = usesDevice ? `${name} ${backend}` : name;
      try {
        const context = { backend, seed: options.seed, isQuick: options.quick };
        await page.runCase(name, work, context, (line) => report.line(prefix, line));
        if (!hasCheck(name)) continue;
        const checked = await runPython(interpreter, 'check', name, folder, options);
        for (const line of checked.lines) report.line(prefix, line);
        // What was written is checked; the next backend writes its own.
        rmSync(join(folder, 'ours'), { recursive: true, force: true });
      } catch (error) {
        report.fail(prefix, error);
        // What broke off may have left tensors, or have taken the page with it.
        await page.close();
        pages.set(backend, await openPage(backend));
      }
    }
  } catch (error) {
    report.fail(name, error);
  } finally {
    if (!options.keep) rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  const options = readOptions();
  if (!(await ensureInstalled())) throw new Error('The packages could not be installed.');
  const interpreter = await ensureVenv(join('parity', 'requirements.txt'));
  const executablePath = await findBrowser();
  if (!executablePath) throw new Error('There is no browser to run the engine in.');
  const work = mkdtempSync(join(tmpdir(), 'graft-parity-'));
  exitOnSignals(() => rmSync(work, { recursive: true, force: true }));
  const config = join('parity', 'page', 'vite.config.ts');
  const build = ['build', '--config', config, '--outDir', join(work, 'page'), '--logLevel', 'warn'];
  const built = await runTool('node_modules/vite/bin/vite.js', build, { limitMinutes: 5 });
  if (!built.ok) throw new Error(`The engine page was not built: ${built.why}`);

  const { openEnginePage } = await import('../parity/runner/page.mjs');
  const server = await serveFolder(work, { port: 4273, tryCount: 50 });
  const openPage = async (backend) => {
    const page = await openEnginePage(server.address, { executablePath, usesHardware: options.hardware });
    console.log(`${backend}: ${await page.openDevice(backend)}`);
    return page;
  };
  const pages = new Map();
  const report = makeTally();
  try {
    for (const backend of options.backends) pages.set(backend, await openPage(backend));
    console.log(`seed ${options.seed}${options.quick ? ', quick' : ''}\n\n${headLine()}`);
    for (const name of options.names) {
      const startMs = Date.now();
      await runCase(name, { interpreter, pages, openPage, work, options, report });
      console.log(`  ${name}: ${((Date.now() - startMs) / 1000).toFixed(0)} s`);
    }
  } finally {
    for (const page of pages.values()) await page.close();
    server.close();
    if (!options.keep) rmSync(work, { recursive: true, force: true });
    else if (existsSync(work)) console.log(`The folders are in ${work}`);
  }
  return report.tally;
}

try {
  const { passed, failed, skipped } = await main();
  if (skipped.length > 0) console.log(`\nSkipped:\n  ${skipped.join('\n  ')}`);
  if (failed.length > 0) console.log(`\nFailed:\n  ${failed.join('\n  ')}`);
  console.log(`\n${passed} passed, ${failed.length} failed`);
  process.exit(failed.length > 0 || passed === 0 ? 1 : 0);
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
}
