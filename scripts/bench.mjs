/**
 * `npm run bench`: measures Graft against its peers in a headless Chromium and prints a table.
 *
 *   -- --only matmul,block   cases, by name (all of them: matmul kernels block step issue generation tokens memory open)
 *   -- --backend wasm        the WASM backend, also against WebGPU on the same machine
 *   -- --model NAME          this model: starter t5-small flan-t5-small flan-t5-base
 *   -- --batch ROWSxINPUT/TARGET   this batch, e.g. 8x128/32, in block, step, generation, memory and profile
 *   -- --product MxKxN       this product, e.g. 384x512x640
 *   -- --one-thread          WASM without threads
 *   -- --quick               tiny shapes, to see that everything runs; its figures mean nothing
 *   -- --large               memory of flan-t5-base instead of the starter's: minutes a step without a GPU
 *   -- --rounds N            timed runs of each variant (5); the median counts
 *   -- --profile             only: where the time of a step goes, kernel by kernel
 *   -- --json FILE           the rows: name, unit, graft, peer, peerName, ratio (above 1: Graft is that many times as good)
 *   -- --save                makes these rows the baseline, bench/baseline.json
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { build } from 'vite';
import { findBrowser } from './findBrowser.mjs';
import { baselineLines, benchTable } from './benchTable.mjs';
import { firstStepRows } from './benchFirstStep.mjs';
import { root } from './install.mjs';
import { serveFolder } from './serveFolder.mjs';

const pageCases = ['matmul', 'kernels', 'block', 'step', 'issue', 'generation', 'tokens', 'memory'];
const allCases = [...pageCases, 'open'];
const models = ['starter', 't5-small', 'flan-t5-small', 'flan-t5-base', 'tiny'];
const baselinePath = join(root, 'bench', 'baseline.json');

const { values: asked } = parseArgs({
  options: {
    only: { type: 'string' },
    backend: { type: 'string', default: 'webgpu' },
    quick: { type: 'boolean', default: false },
    model: { type: 'string' },
    batch: { type: 'string' },
    product: { type: 'string' },
    'one-thread': { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    profile: { type: 'boolean', default: false },
    json: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
});
const chosen = asked.profile ? ['profile'] : (asked.only?.split(',') ?? allCases);
const unknown = chosen.filter((name) => name !== 'profile' && !allCases.includes(name));
const rounds = asked.quick ? 1 : Number(asked.rounds);
if (unknown.length > 0 || !['webgpu', 'wasm'].includes(asked.backend) || !(rounds >= 1)) {
  console.error(`Cases: ${allCases.join(', ')}. Backends: webgpu, wasm. Rounds: 1 or more.`);
  process.exit(1);
}
if (asked.model !== undefined && !models.includes(asked.model)) {
  console.error(`Models: ${models.join(', ')}.`);
  process.exit(1);
}
const batch = numbersOf('batch', /^(\d+)x(\d+)\/(\d+)$/, 'ROWSxINPUT/TARGET, e.g. 8x128/32');
const product = numbersOf('product', /^(\d+)x(\d+)x(\d+)$/, 'MxKxN, e.g. 384x512x640');
const options = {
  backend: asked.backend,
  isQuick: asked.quick,
  isLarge: asked.large,
  model: asked.model ?? null,
  batch: batch && { size: batch[0], inputLength: batch[1], labelLength: batch[2] },
  product: product && { m: product[0], k: product[1], n: product[2] },
  hasThreads: !asked['one-thread'],
  turns: { rounds, warmUps: 1 },
  hasPeersOnWebgpu: true,
};

const executablePath = process.env.CHROME_PATH ?? (await findBrowser());
if (!executablePath) process.exit(1);

await build({ configFile: join(root, 'bench', 'vite.config.ts') });
const served = await serveFolder(join(root, 'test-results', 'bench-page'), { port: 0 });
// Timestamps are otherwise rounded to 0.1 ms.
const exactTimestamps = ['--disable-dawn-features=timestamp_quantization'];
const browser = await chromium.launch({
  executablePath,
  args: [
    '--no-sandbox',
    '--enable-unsafe-webgpu',
    ...adapterFlags(),
    '--disable-background-networking',
    ...exactTimestamps,
  ],
});

// What WASM does has no baseline: its rows have the same names.
const baseline =
  existsSync(baselinePath) && asked.backend === 'webgpu'
    ? JSON.parse(readFileSync(baselinePath, 'utf8'))
    : null;
const rows = [];
let failed = false;
try {
  for (const name of chosen) {
    console.log(`${name} …`);
    try {
      rows.push(...(name === 'open' ? await firstStepRows(browser, options) : await inPage(name)));
      if (asked.save && !asked.quick && asked.backend === 'webgpu') saveBaseline(); // a bench that is broken off keeps what it has measured
    } catch (error) {
      failed = true;
      console.error(`${name} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
} finally {
  await browser.close();
  served.close();
}

if (rows.length > 0) console.log(`\n${benchTable(rows)}`);
if (asked.quick) console.log('\nQuick: these figures only show that everything runs.');
else if (baseline !== null) {
  const lines = baselineLines(rows, baseline);
  if (lines.length > 0) console.log(`\nAgainst the baseline (${baseline.machine}):\n${lines.join('\n')}`);
}
if (asked.json) writeFileSync(asked.json, `${JSON.stringify(rows, null, 2)}\n`);
process.exit(failed ? 1 : 0);

/** The positive numbers of an option, null where it is not given; ends the bench where it is given wrongly. */
function numbersOf(name, pattern, form) {
  if (asked[name] === undefined) return null;
  const numbers = pattern.exec(asked[name])?.slice(1).map(Number);
  if (numbers?.every((number) => number > 0)) return numbers;
  console.error(`--${name} is ${form}.`);
  process.exit(1);
}

/** GRAFT_BENCH_GPU=1 measures the machine's own GPU; without it the software adapter, the same everywhere. */
function adapterFlags() {
  if (process.env.GRAFT_BENCH_GPU) return ['--enable-features=Vulkan'];
  return ['--use-webgpu-adapter=swiftshader'];
}

/** A case in a page of its own, so that no case inherits another's memory. */
async function inPage(name) {
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (['info', 'warning', 'error'].includes(message.type())) console.log(message.text());
  });
  try {
    await page.goto(served.address);
    await page.waitForFunction(() => 'runCase' in globalThis);
    return await page.evaluate((request) => globalThis.runCase(request), { name, options });
  } finally {
    await page.close();
  }
}

/** Rows of cases that were not run now stay as they were. */
function saveBaseline() {
  const before = baseline?.rows ?? [];
  const isAgain = (row) => rows.some((now) => now.name === row.name && now.unit === row.unit);
  const kept = before.filter((row) => !isAgain(row));
  const adapter = process.env.GRAFT_BENCH_GPU ? 'its own GPU' : 'SwiftShader (software WebGPU)';
  const machine = `${cpus().length}-core ${process.arch} ${process.platform} machine, ${adapter}`;
  writeFileSync(baselinePath, `${JSON.stringify({ machine, rows: [...kept, ...rows] }, null, 2)}\n`);
}
