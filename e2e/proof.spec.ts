import type { Page } from '@playwright/test';
import { axeCheck } from './support/axeCheck.ts';
import { dropFiles } from './support/dropFiles.ts';
import { expect, test } from './support/journey.ts';
import { intentCsv, loadTinyModel, openStudio, setRunFields } from './support/studio.ts';

/** Serves the engine with one number of one kernel changed, as if the driver had compiled it wrongly. */
async function breakGeluKernel(page: Page): Promise<void> {
  await page.context().route(/engine\.worker-.*\.js$/u, async (route) => {
    const response = await route.fetch();
    const code = await response.text();
    const broken = code.replaceAll('0.044715 *', '0.44715 *');
    expect(broken, 'the kernel text is in the worker').not.toBe(code);
    await route.fulfill({ response, body: broken });
  });
}

test('every claim of the proof is tried on this device and holds', async ({ page }) => {
  await openStudio(page);
  await loadTinyModel(page);
  await page.getByRole('button', { name: /^Proof/u }).click();
  const sheet = page.getByRole('dialog', { name: 'Proof' });
  await sheet.getByRole('button', { name: 'Try every claim' }).click();
  await expect(sheet.getByRole('status')).toContainText(/^All 6 claims hold on/u, { timeout: 600_000 });
  const claims = sheet.getByRole('list', { name: 'Claims' }).getByRole('listitem');
  await expect(claims).toHaveCount(7);
  await expect(claims.filter({ hasText: 'not tried' })).toContainText('no reference ids for this vocabulary');
  await expect(claims.filter({ hasText: 'Gradients are those of the loss' })).toContainText(
    'central differences',
  );
  await axeCheck(page);

  await page.reload();
  await page.getByRole('button', { name: /^Proof\s*holds/u }).click();
  await expect(sheet.getByRole('status')).toContainText('All 6 claims hold');
});

test('a kernel that computes wrongly is caught by the proof, and nothing trains on it', async ({ page }) => {
  await breakGeluKernel(page);
  await openStudio(page);
  await dropFiles(page, 'main', [{ name: 'intents.csv', content: intentCsv(40) }]);
  await loadTinyModel(page);
  await page.getByRole('button', { name: 'Continue to Train' }).click();
  await setRunFields(page, { 'Step limit': 4, 'Batch size': 4 });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(
    page.getByRole('alert').filter({ hasText: 'computes wrongly: in geluGate' }).first(),
  ).toBeVisible({
    timeout: 300_000,
  });

  await page.getByRole('button', { name: /^Proof/u }).click();
  const sheet = page.getByRole('dialog', { name: 'Proof' });
  await sheet.getByRole('button', { name: 'Try every claim' }).click();
  await expect(sheet.getByRole('status')).toContainText(/claims fail on/u, { timeout: 600_000 });
  await expect(sheet.getByRole('listitem').filter({ hasText: 'Every kernel computes' })).toContainText(
    'geluGate',
  );
});
