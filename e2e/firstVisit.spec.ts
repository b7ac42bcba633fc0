import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { axeCheck } from './support/axeCheck.ts';
import { expect, test } from './support/journey.ts';
import { readDownload } from './support/readDownload.ts';
import { curveLosses, endsOf, openStop, setRunFields } from './support/studio.ts';

test('first visit: sample, starter model, training, comparison, adapter out and in again', async ({
  page,
}) => {
  test.setTimeout(900_000);
  await page.goto('./');
  await expect(page.getByRole('heading', { level: 1, name: 'Data' })).toBeVisible();
  await axeCheck(page);

  await page.getByRole('button', { name: /^Device: / }).click();
  const webgpu = page.getByRole('dialog', { name: 'Device' }).getByRole('radio', { name: /WebGPU/ });
  await expect(webgpu).toBeEnabled();
  if (!(await webgpu.isChecked())) await webgpu.click();
  await expect(page.getByRole('button', { name: /Device: WebGPU/ })).toBeVisible();
  if (await page.getByRole('dialog').isVisible()) await page.getByRole('button', { name: 'Close' }).click();

  const openedAt = Date.now();
  await page.getByRole('button', { name: 'Try it with support chats' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Train' })).toBeVisible({ timeout: 60_000 });
  console.log(`sample and starter model were ready after ${Date.now() - openedAt} ms`);

  await setRunFields(page, { 'Step limit': 6, 'Batch size': 2, Warmup: 1, 'Validation rows': 0.02 });
  await page.getByRole('button', { name: 'Start training' }).click();
  // The comparison comes by itself when the first run is over.
  await expect(page.getByRole('heading', { level: 1, name: 'Compare' })).toBeVisible({ timeout: 600_000 });
  await expect(page.getByRole('textbox', { name: 'Input' })).not.toHaveValue('');
  const tuned = page.getByRole('region', { name: 'Fine-tuned', exact: true });
  await expect(page.getByRole('region', { name: 'Fine-tuned + RAG' })).toContainText('tokens/s', {
    timeout: 300_000,
  });
  const answer = await tuned.locator('.read').innerText();

  await openStop(page, 'Train');
  const { first, last } = endsOf(await curveLosses(page), 2);
  expect(last, 'the loss falls').toBeLessThan(first);
  await expect(page.getByRole('figure', { name: /^Loss/ })).toBeVisible();

  await openStop(page, 'Export');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download adapter' }).click(),
  ]);
  const zip = await readDownload(download);
  const files = unzipSync(zip);
  const config = JSON.parse(new TextDecoder().decode(files['adapter_config.json']));
  expect(config).toMatchObject({
    peft_type: 'LORA',
    base_model_name_or_path: 'graft-starter',
    inference_mode: true,
  });
  expect(tensorNames(files['adapter_model.safetensors']!)).toContain(
    'base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight',
  );

  await page.getByLabel('Choose an adapter').setInputFiles({
    name: 'again.zip',
    mimeType: 'application/zip',
    buffer: Buffer.from(zip),
  });
  await expect(page.getByRole('region', { name: 'Import report' }).first()).toContainText('everything fits');
  await openStop(page, 'Compare');
  await page.getByRole('button', { name: 'Answer', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Fine-tuned + RAG' })).toContainText('tokens/s', {
    timeout: 300_000,
  });
  expect(await tuned.locator('.read').innerText(), 'the adapter answers as before').toBe(answer);

  await page.getByRole('button', { name: /bytes sent/ }).click();
  await expect(page.getByRole('dialog', { name: 'Requests' })).toContainText('0 bytes sent');
});

test('the bundled starter model belongs to the first visit', () => {
  const folder = new URL('../public/models/starter/', import.meta.url);
  const config = JSON.parse(readFileSync(new URL('config.json', folder), 'utf8'));
  expect(config.model_type).toBe('t5');
  expect(readFileSync(new URL('model.safetensors', folder)).byteLength).toBeLessThan(45_000_000);
  expect(readFileSync(new URL('README.md', folder), 'utf8')).toContain('licen');
});

function tensorNames(file: Uint8Array): string[] {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return Object.keys(JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))));
}
