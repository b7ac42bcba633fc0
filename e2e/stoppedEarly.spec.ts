import { expect, test } from './support/journey.ts';
import { openStudio, setUpTinyRun } from './support/studio.ts';

test('a run stopped while the device is checked ends at once, claims nothing, and can start again', async ({
  page,
}) => {
  await openStudio(page);
  await setUpTinyRun(page, { 'Step limit': 30, 'Batch size': 4 });
  await page.getByRole('button', { name: 'Start training' }).click();
  const checking = page.getByText(/Check the device [1-9]\d* of \d+/);
  await expect(checking).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('heading', { level: 1, name: 'Train' })).toBeInViewport();

  await page.getByRole('button', { name: 'Stop and keep' }).click();
  await expect(page.getByText('The run ended before its first step.')).toBeVisible();
  await expect(page.getByText('Mean training loss')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Compare the answers' })).toHaveCount(0);

  await page.getByRole('button', { name: 'Start again' }).click();
  await expect(checking).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('button', { name: 'Yes, discard' }).click();
  await expect(page.getByRole('button', { name: 'Start training' })).toBeVisible();
});
