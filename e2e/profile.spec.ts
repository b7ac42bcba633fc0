import { expect, test } from './support/journey.ts';
import { loadTinyModel } from './support/studio.ts';

test('the developer view says where a step spends its time', async ({ page }) => {
  await page.goto('./?backend=wasm&profile');
  await expect(page.getByRole('button', { name: /Device: WASM/ })).toBeVisible();
  await loadTinyModel(page);
  await page.getByRole('button', { name: /^Device: / }).click();
  await page.getByRole('button', { name: 'Profile one step' }).click();
  const profile = page.getByRole('region', { name: 'Profile' });
  await expect(profile.getByRole('row', { name: /^BatchMatMul \d+ \d+\.\d \d+(\.\d+)? %$/ })).toBeVisible();
  await expect(profile.locator('caption')).toHaveText(/^\d+\.\d ms in kernels, \d+\.\d ms in all/);
});
