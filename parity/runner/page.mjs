/** The engine page in a headless Chromium, on WebGPU by SwiftShader or on WASM. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { chromium } from '@playwright/test';

const flags = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
];

/**
 * Opens the page at `address`. `usesHardware` lets WebGPU take the machine's GPU. The page's own errors and its device's
 * errors go to the console.
 */
export async function openEnginePage(address, { executablePath, usesHardware }) {
  const browser = await chromium.launch({
    executablePath,
    args: usesHardware ? flags.filter((flag) => !flag.includes('swiftshader')) : flags,
  });
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`page: ${message.text()}`);
  });
  let takeLine = () => {};
  let folder = null;
  await page.exposeFunction('reportLine', (line) => takeLine(line));
  await page.exposeFunction('appendToFile', (path, base64) => {
    const file = resolve(folder, path);
    if (!file.startsWith(folder + sep)) throw new Error(`${path} lies outside of the case's folder.`);
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, Buffer.from(base64, 'base64'));
  });
  await page.goto(new URL('page/index.html', address).href);
  await page.waitForFunction(() => globalThis.parityCases !== undefined);
  return {
    cases: await page.evaluate(() => globalThis.parityCases),
    openDevice: (backend) => page.evaluate((kind) => globalThis.openParityDevice(kind), backend),
    /** Runs a case on its folder below `root`; `onLine` gets each comparison as it is done. */
    async runCase(name, root, context, onLine) {
      takeLine = onLine;
      folder = join(root, name);
      const url = new URL(`${name}/`, address).href;
      await page.evaluate(
        ([caseName, caseUrl, caseContext]) => globalThis.runParityCase(caseName, caseUrl, caseContext),
        [name, url, context],
      );
    },
    close: () => browser.close(),
  };
}
