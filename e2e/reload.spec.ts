import { expect, test } from './support/journey.ts';
import { curveLosses, openStop, openStudio, setUpTinyRun, stepNow } from './support/studio.ts';

test('a reload in mid-run: record and curve are there, the run resumes, the adapter answers', async ({
  page,
}) => {
  await openStudio(page);
  await setUpTinyRun(page, {
    'Learning rate': 0.01,
    'Step limit': 400,
    'Batch size': 4,
    'Checkpoint every': 5,
  });
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect.poll(() => stepNow(page), { timeout: 300_000 }).toBeGreaterThanOrEqual(12);

  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
  const before = await curveLosses(page);

  await page.reload();
  await expect(page.getByRole('button', { name: /Device: WebGPU/ })).toBeVisible();
  await openStop(page, 'Data');
  await expect(page.getByRole('table', { name: 'Rows' })).toContainText('i want to pay my bill');
  await openStop(page, 'Train');
  const resume = page.getByRole('button', { name: /Resume from step \d+/ });
  await expect(resume).toBeVisible();
  const kept = Number(/\d+/.exec(await resume.innerText())![0]);
  expect(kept).toBeGreaterThanOrEqual(5);
  const after = await curveLosses(page);
  expect(after.slice(0, kept)).toEqual(before.slice(0, kept));

  await resume.click();
  await expect.poll(() => stepNow(page), { timeout: 300_000 }).toBeGreaterThan(kept + 2);
  await page.getByRole('button', { name: 'Stop and keep' }).click();
  await expect(page.getByRole('button', { name: 'Compare the answers' })).toBeVisible({ timeout: 60_000 });
  expect((await curveLosses(page)).slice(0, kept)).toEqual(before.slice(0, kept));

  await page.reload();
  await openStop(page, 'Compare');
  await page.getByRole('button', { name: 'Answer', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Fine-tuned', exact: true })).toContainText('tokens/s', {
    timeout: 60_000,
  });
});
