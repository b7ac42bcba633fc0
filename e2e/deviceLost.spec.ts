import { expect, test } from './support/journey.ts';
import { openStudio, setUpTinyRun, stepNow } from './support/studio.ts';

/** Put before the engine's own code: lets the journey take the device away, as a driver reset would. */
const losing = `
const request = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (...args) {
  const device = await request.apply(this, args);
  new BroadcastChannel('lose-device').onmessage = () => device.destroy();
  return device;
};
`;

test('the device is lost in mid-run: the page says so, nothing is lost, the run resumes', async ({
  page,
}) => {
  await page.context().route('**/engine.worker-*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: losing + (await response.text()) });
  });
  await openStudio(page);
  await setUpTinyRun(page, {
    'Learning rate': 0.01,
    'Step limit': 300,
    'Batch size': 4,
    'Checkpoint every': 4,
  });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect.poll(() => stepNow(page), { timeout: 300_000 }).toBeGreaterThanOrEqual(9);

  await page.evaluate(() => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel, not a window
    new BroadcastChannel('lose-device').postMessage('now');
  });
  await expect(page.getByRole('alert').first()).toContainText('connection to the GPU was lost');
  const resume = page.getByRole('button', { name: /Resume from step \d+/ });
  const kept = Number(/\d+/.exec(await resume.innerText())![0]);
  expect(kept).toBeGreaterThanOrEqual(4);

  await resume.click();
  await expect.poll(() => stepNow(page), { timeout: 300_000 }).toBeGreaterThan(kept + 1);
  await page.getByRole('button', { name: 'Stop and keep' }).click();
  await expect(page.getByRole('button', { name: 'Compare the answers' })).toBeVisible({ timeout: 60_000 });
});
