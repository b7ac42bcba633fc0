/**
 * WebGPU for tests in Node: Dawn (npm `webgpu`) on the SwiftShader that comes with an installed Chromium, or on a real GPU
 * when GRAFT_TEST_GPU is set or no Chromium is found and Vulkan has one.
 */
import { existsSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import type { Device } from '../engine/device.ts';

const icdName = 'vk_swiftshader_icd.json';
const playwrightCache =
  process.env['PLAYWRIGHT_BROWSERS_PATH'] ?? `${process.env['HOME']}/.cache/ms-playwright`;
const chromiumFolders = [
  process.env['CHROME_PATH'] === undefined ? '' : dirname(process.env['CHROME_PATH']),
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
];

/** Opens WebGPU for a test file; null, with the reason printed, where this machine has none. */
export async function openTestDevice(): Promise<Device | null> {
  const icd =
    process.env['VK_ICD_FILENAMES'] ??
    (process.env['GRAFT_TEST_GPU'] === undefined ? findSwiftShader() : undefined);
  if (icd !== undefined) process.env['VK_ICD_FILENAMES'] = icd;
  try {
    if (icd !== undefined) loadVulkan(join(dirname(icd), 'libvulkan.so.1'));
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    // A GPU's experimental features, such as subgroup matrices.
    const options = icd === undefined ? ['enable-dawn-features=allow_unsafe_apis'] : [];
    const navigator = { gpu: create(options), userAgent: 'node', hardwareConcurrency: 1 }; // Node 20 has none of its own
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
    const { openDevice } = await import('../engine/device.ts');
    return await openDevice('webgpu');
  } catch (error) {
    const hint =
      icd === undefined ? ' No Chromium with SwiftShader was found either; CHROME_PATH can name one.' : '';
    console.warn(
      `WebGPU tests are skipped: ${error instanceof Error ? error.message : String(error)}${hint}`,
    );
    return null;
  }
}

/** Loads the Vulkan loader that lies beside Chromium, for machines without their own: Dawn asks for it by name and then
 *  finds it loaded. Node refuses a library that is no addon only after loading it, and RTLD_NODELETE keeps it there. */
function loadVulkan(path: string): void {
  const rtldNoDelete = 0x1000;
  if (!existsSync(path)) return;
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | rtldNoDelete);
  } catch {
    // always: it is no addon
  }
}

function findSwiftShader(): string | undefined {
  const folders = [...chromiumFolders, ...playwrightFolders()];
  return folders.map((folder) => join(folder, icdName)).find((path) => existsSync(path));
}

/** Playwright keeps Chromium as CACHE/chromium-REVISION/chrome-linux. */
function playwrightFolders(): string[] {
  if (!existsSync(playwrightCache)) return [];
  const browsers = readdirSync(playwrightCache).map((name) => join(playwrightCache, name));
  return browsers.flatMap((browser) => [join(browser, 'chrome-linux'), join(browser, 'chrome-linux64')]);
}
