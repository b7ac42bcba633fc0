/** From opening the built page to the end of the first training step, as a person would get there. */
import { join } from 'node:path';
import { build } from 'vite';
import { root } from './install.mjs';
import { serveFolder } from './serveFolder.mjs';

/** The medians over fresh visits: page open until its device shows, and until one step is trained. */
export async function firstStepRows(browser, { backend, isQuick, turns }) {
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
  const served = await serveFolder(join(root, 'dist'), { port: 0 });
  const visits = [];
  try {
    for (let i = 0; i < (isQuick ? 1 : turns.rounds); i++) visits.push(await visit(browser, served, backend));
  } finally {
    served.close();
  }
  const row = (name, key) => ({
    name: `${name} (${backend})`,
    unit: 's',
    graft: visits.map((times) => times[key]).sort((a, b) => a - b)[visits.length >> 1],
    peer: null,
    peerName: null,
    ratio: null,
  });
  return [row('page open to device ready', 'ready'), row('page open to first step', 'stepped')];
}

/** Seconds since navigation began, in a browser profile of its own: nothing is cached. */
async function visit(browser, served, backend) {
  const context = await browser.newContext();
  const page = await context.newPage();
  try {
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    await page.goto(`${served.address}?backend=${backend}`);
    const device = backend === 'webgpu' ? /Device: WebGPU/ : /Device: WASM/;
    await page.getByRole('button', { name: device }).waitFor();
    const ready = seconds();
    await page.getByRole('button', { name: 'Try it with support chats' }).click();
    await page.getByRole('heading', { level: 1, name: 'Train' }).waitFor({ timeout: 120_000 });
    const advanced = page.getByRole('radiogroup', { name: 'Settings shown' });
    await advanced.getByRole('radio', { name: 'Advanced' }).click();
    const fields = { 'Step limit': 1, 'Batch size': 4, 'Validation rows': 0 };
    for (const [label, value] of Object.entries(fields)) {
      await page.getByRole('textbox', { name: label, exact: true }).fill(String(value));
    }
    await page.getByRole('button', { name: 'Start training' }).click();
    await page.getByText(/step 1 of 1\b/).waitFor({ timeout: 240_000 });
    return { ready, stepped: seconds() };
  } finally {
    await context.close();
  }
}
