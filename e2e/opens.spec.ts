import { expect, test } from './support/journey.ts';

test('the page opens, isolated, with its name', async ({ page }) => {
  await page.goto('./');
  await expect(page).toHaveTitle(/Graft/);
  await expect(page.getByText('Graft').first()).toBeVisible();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});

test('a worker of this browser gets a WebGPU device, so that the other journeys can train', async ({
  page,
}) => {
  await page.goto('./');
  const hasDevice = await page.evaluate(async () => {
    const body =
      'navigator.gpu.requestAdapter().then((a) => a.requestDevice()).then(() => postMessage(true), () => postMessage(false))';
    const worker = new Worker(URL.createObjectURL(new Blob([body], { type: 'text/javascript' })));
    return new Promise((resolve) => {
      worker.addEventListener('message', (event) => resolve(event.data));
      worker.addEventListener('error', () => resolve(false));
    });
  });
  expect(hasDevice).toBe(true);
});
