/**
 * Trains a model of a real shape with random weights in the built page, as a person would: choose the model's files, drop a
 * table, start LoRA. Prints what the page itself says of memory, time and loss.
 *
 *   node scripts/trainInPage.mjs --shape flan-t5-base --steps 5
 *
 *   --shape NAME       flan-t5-base (default) or flan-t5-small
 *   --steps N          5        --batch N     2        --input N   64 tokens        --target N   16 tokens
 *   --backend NAME     webgpu (default), on a software adapter unless --hardware, or wasm
 *   --tokenizer FILE   T5's tokenizer.json; by default the one in ../shared/data/t5-tokenizer
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { build, createServer } from 'vite';
import { findBrowser } from './findBrowser.mjs';
import { root } from './install.mjs';
import { writeRandomModel } from './randomModel.mjs';
import { serveFolder } from './serveFolder.mjs';

const { values: asked } = parseArgs({
  options: {
    shape: { type: 'string', default: 'flan-t5-base' },
    steps: { type: 'string', default: '5' },
    batch: { type: 'string', default: '2' },
    input: { type: 'string', default: '64' },
    target: { type: 'string', default: '16' },
    backend: { type: 'string', default: 'webgpu' },
    hardware: { type: 'boolean', default: false },
    tokenizer: {
      type: 'string',
      default: join(root, '..', 'shared', 'data', 't5-tokenizer', 'tokenizer.json'),
    },
  },
});

const hourMs = 3_600_000;
const startedAt = performance.now();
const say = (text) =>
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(5)} s  ${text}`);

/** The names and shapes of a T5's tensors come from the page's own table. */
async function tensorTable() {
  const server = await createServer({
    root,
    server: { middlewareMode: true },
    appType: 'custom',
    logLevel: 'warn',
  });
  const load = (...path) => server.ssrLoadModule(join(root, 'src', ...path));
  const { readT5Config } = await load('interop', 't5ConfigJson.ts');
  const { tensorSpecs } = await load('engine', 't5', 'spec.ts');
  await server.close();
  return (configText) => tensorSpecs(readT5Config(JSON.parse(configText), 'config.json'));
}

/** Rows whose answer follows from the input, long enough to fill the limits. */
function makeCsv(rowCount) {
  const tasks = ['sort the words', 'say them backwards', 'count the letters'];
  const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'frost', 'grove', 'heron', 'inlet', 'jetty'];
  const rows = Array.from({ length: rowCount }, (_, i) => {
    const drawn = Array.from(
      { length: 40 },
      (__, k) => words[(i * 7 + k * 3 + ((i * k) % 5)) % words.length],
    );
    return `"${tasks[i % tasks.length]}: ${drawn.join(' ')}","${drawn.slice(0, 12).join(' ')}"`;
  });
  return ['text,answer', ...rows].join('\n');
}

async function drop(page, name, content) {
  const dataTransfer = await page.evaluateHandle(
    (given) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([given.content], given.name, { type: 'text/csv' }));
      return transfer;
    },
    { name, content },
  );
  const target = page.locator('main').first();
  for (const type of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(type, { dataTransfer });
}

async function openStop(page, name) {
  const stops = page.getByRole('navigation', { name: 'Stops' });
  await stops.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** From an open page to the curve's CSV. */
async function train(page, modelFolder) {
  const { shape, steps, batch, input, target } = asked;
  await page.getByRole('button', { name: /Device: (WebGPU|WASM)/ }).waitFor();
  say(await page.getByRole('button', { name: /Device:/ }).innerText());
  await openStop(page, 'Model');
  await page
    .getByLabel('Choose model files')
    .setInputFiles(
      ['config.json', 'tokenizer.json', 'model.safetensors'].map((name) => join(modelFolder, name)),
    );
  const loaded = page.getByRole('region', { name: 'Loaded model' });
  await Promise.race([loaded.waitFor({ timeout: hourMs }), refusal(page)]);
  say(`loaded: ${(await loaded.innerText()).replaceAll(/\s+/g, ' ')}`);

  await drop(page, `${shape}.csv`, makeCsv(64));
  await page.getByRole('table', { name: 'Rows' }).waitFor();
  await openStop(page, 'Train');
  await page.getByRole('radio', { name: 'General LoRA' }).click();
  await page
    .getByRole('radiogroup', { name: 'Settings shown' })
    .getByRole('radio', { name: 'Advanced' })
    .click();
  const fields = {
    'Step limit': steps,
    'Batch size': batch,
    'Input limit': input,
    'Target limit': target,
    Warmup: 0,
    'Validation rows': 0,
  };
  for (const [label, value] of Object.entries(fields)) {
    await page.getByRole('textbox', { name: label, exact: true }).fill(String(value));
  }
  const preview = page.getByRole('region', { name: 'Run preview' });
  await preview.getByText('Memory, estimated').waitFor();
  say(`plan: ${(await preview.innerText()).replaceAll(/\s+/g, ' ')}`);

  await page.getByRole('button', { name: 'Start training' }).click();
  await Promise.race([
    page.getByRole('button', { name: 'Compare the answers' }).waitFor({ timeout: hourMs }),
    refusal(page),
  ]);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV' }).click(),
  ]);
  return readFileSync(await download.path(), 'utf8');
}

/** Rejects with the words of the first problem on show. */
async function refusal(page) {
  const strip = page.getByRole('alert').first();
  await strip.waitFor({ timeout: hourMs });
  throw new Error(`The page says: ${await strip.innerText()}`);
}

const work = mkdtempSync(join(tmpdir(), 'graft-train-in-page-'));
try {
  const { bytes } = writeRandomModel(work, {
    shape: asked.shape,
    tokenizer: asked.tokenizer,
    tensorsOf: await tensorTable(),
  });
  say(`${asked.shape} with random weights: ${(bytes / 1e6).toFixed(0)} MB in 16 bits`);
  const dist = join(work, 'dist');
  await build({
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: dist, emptyOutDir: true },
  });
  const served = await serveFolder(dist, { port: 0 });
  const executablePath = await findBrowser();
  if (executablePath === null) throw new Error('There is no browser.');
  // A profile of its own: a private window may keep no files of this size.
  const context = await chromium.launchPersistentContext(join(work, 'profile'), {
    executablePath,
    viewport: { width: 1440, height: 900 },
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      ...(asked.hardware ? [] : ['--use-webgpu-adapter=swiftshader']),
    ],
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(600_000);
    page.on('console', (message) => {
      if (message.type() === 'error') say(`console: ${message.text()}`);
    });
    await page.goto(`${served.address}?backend=${asked.backend}`);
    const csv = await train(page, work);
    say('done');
    console.log(csv.trim());
    const [header, ...lines] = csv.trim().split(/\r?\n/);
    const column = header.split(',').indexOf('gpu_bytes');
    const peak = Math.max(...lines.map((line) => Number(line.split(',')[column])));
    console.log(`most memory held after a step: ${(peak / 1e6).toFixed(0)} MB`);
  } finally {
    await context.close();
    served.close();
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
