/**
 * Fine-tunes the starter in Graft, in a headless Chromium, on the tasks that `benchmarks.py --write` put into a folder, and
 * leaves the answers beside them: `NAME.task.json` -> `NAME.answer.json`. What is answered already is left out.
 *
 *   node studio/measure.mjs TASKS [--backend wasm|webgpu] [--model FOLDER]
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { build } from 'vite';
import { findBrowser } from '../../scripts/findBrowser.mjs';
import { root } from '../../scripts/install.mjs';
import { exitOnSignals } from '../../scripts/run.mjs';
import { serveFolder } from '../../scripts/serveFolder.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string', default: 'wasm' },
    model: { type: 'string', default: join(root, 'public', 'models', 'starter') },
  },
});
const [tasks] = positionals;
if (tasks === undefined || !['wasm', 'webgpu'].includes(options.backend)) {
  console.error('node studio/measure.mjs TASKS [--backend wasm|webgpu] [--model FOLDER]');
  process.exit(1);
}
const executablePath = await findBrowser();
if (!executablePath) process.exit(1);

const work = mkdtempSync(join(tmpdir(), 'graft-starter-'));
const clean = () => rmSync(work, { recursive: true, force: true });
exitOnSignals(clean);
await build({
  configFile: join(import.meta.dirname, 'vite.config.ts'),
  build: { outDir: join(work, 'page') },
  logLevel: 'warn',
});
cpSync(resolve(options.model), join(work, 'model'), { recursive: true });
const served = await serveFolder(work, { port: 0 });
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--enable-unsafe-webgpu', '--disable-background-networking'],
});
try {
  for (const name of readdirSync(tasks)
    .filter((file) => file.endsWith('.task.json'))
    .sort()) {
    const answerPath = join(tasks, name.replace('.task.json', '.answer.json'));
    if (existsSync(answerPath)) continue;
    const task = JSON.parse(readFileSync(join(tasks, name), 'utf8'));
    const answer = await measure(task);
    writeFileSync(answerPath, JSON.stringify(answer, null, 1));
    const { loss, trainingSeconds, testSeconds } = answer;
    const said = loss === null ? '' : `loss ${loss.toFixed(3)}, trained ${trainingSeconds.toFixed(0)} s, `;
    console.log(`${task.key}: ${said}answered ${task.prompts.length} prompts in ${testSeconds.toFixed(0)} s`);
  }
} finally {
  await browser.close();
  served.close();
  clean();
}

/** One task in a page of its own, so that none inherits another's memory. */
async function measure(task) {
  const page = await browser.newPage();
  try {
    page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    await page.exposeFunction('reportStep', (step, loss) => {
      if (step % 20 === 0)
        console.log(`  ${task.key}: step ${step} of ${task.steps}, loss ${loss.toFixed(3)}`);
    });
    await page.goto(new URL('page/index.html', served.address).href);
    await page.waitForFunction(() => globalThis.measureTask !== undefined);
    return await page.evaluate(
      ([backend, given]) => globalThis.measureTask(backend, given),
      [options.backend, task],
    );
  } finally {
    await page.close();
  }
}
