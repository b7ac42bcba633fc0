import { axeCheck } from './support/axeCheck.ts';
import { dropFiles } from './support/dropFiles.ts';
import { expect, test } from './support/journey.ts';
import {
  endsOf,
  intentCsv,
  loadTinyModel,
  openStudio,
  setUpTinyRun,
  trainToTheEnd,
} from './support/studio.ts';

test('WASM, chosen by default where the only adapter is a software one, trains the same run', async ({
  page,
}) => {
  await page.goto('./');
  await expect(page.getByRole('button', { name: 'Device: WASM (CPU), slow' })).toBeVisible();
  await page.getByRole('button', { name: /^Device: / }).click();
  const dialog = page.getByRole('dialog', { name: 'Device' });
  await expect(dialog).toContainText('graphics driver');
  const threads = /WASM, (\d+) threads?/.exec(await dialog.innerText())?.[1];
  const { cores, isIsolated } = await page.evaluate(() => ({
    cores: navigator.hardwareConcurrency,
    isIsolated: crossOriginIsolated,
  }));
  console.log(`WASM took ${threads} threads on ${cores} cores`); // as many as were faster: one on a busy machine
  expect(isIsolated, 'threads can be had').toBe(true);
  expect([1, Math.min(cores, 8)]).toContain(Number(threads));
  await page.getByRole('button', { name: 'Close' }).click();
  await setUpTinyRun(page, { 'Learning rate': 0.02, 'Step limit': 12, 'Batch size': 8, Warmup: 1 });
  const { first, last } = endsOf(await trainToTheEnd(page), 3);
  expect(last).toBeLessThan(first);
});

for (const { width, height, theme } of [
  { width: 1440, height: 900, theme: 'light' },
  { width: 390, height: 844, theme: 'dark' },
] as const) {
  test(`every stop at ${width} px, ${theme}: no sideways scroll, WCAG rules kept, keyboard reaches the stops`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: theme });
    await openStudio(page, 'wasm');
    await axeCheck(page);
    await dropFiles(page, 'main', [{ name: 'tickets.csv', content: intentCsv(40) }]);
    await loadTinyModel(page);
    for (const stop of ['Data', 'Model', 'Train', 'Compare', 'Export']) {
      const button = page
        .getByRole('navigation', { name: 'Stops' })
        .getByRole('button', { name: new RegExp(`^${stop}`) });
      await button.focus();
      await page.keyboard.press('Enter');
      await expect(page.getByRole('heading', { level: 1, name: stop })).toBeVisible();
      await axeCheck(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), stop).toBeLessThanOrEqual(
        width,
      );
    }
  });
}

test.describe('without WebGPU', () => {
  test('the page says why and what to do, and offers WASM', async ({ page }) => {
    await page.addInitScript(() =>
      Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined }),
    );
    await page.route('**/engine.worker-*.js', async (route) => {
      const response = await route.fetch();
      const body = `Object.defineProperty(WorkerNavigator.prototype, 'gpu', { get: () => undefined });\n${await response.text()}`;
      await route.fulfill({ response, body });
    });
    await page.goto('./');
    await expect(page.getByRole('button', { name: 'Device: WASM (CPU), slow' })).toBeVisible();
    await page.getByRole('button', { name: /^Device: / }).click();
    const dialog = page.getByRole('dialog', { name: 'Device' });
    await expect(dialog.getByRole('radio', { name: /WebGPU/ })).toBeDisabled();
    await expect(dialog).toContainText(/WebGPU/);
    await expect(dialog).toContainText(/Chrome|browser/);
  });
});
