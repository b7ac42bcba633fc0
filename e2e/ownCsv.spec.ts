import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { dropFiles } from './support/dropFiles.ts';
import { expect, test } from './support/journey.ts';
import { readDownload } from './support/readDownload.ts';
import {
  answerAll,
  endsOf,
  intentCsv,
  loadTinyModel,
  openStop,
  openStudio,
  setRunFields,
  trainToTheEnd,
} from './support/studio.ts';

test('own rows, dropped: map, train a LoRA, compare on held-out rows, take the adapter, bring it back', async ({
  page,
}) => {
  await openStudio(page);
  await dropFiles(page, 'main', [{ name: 'tickets.csv', content: intentCsv(60), type: 'text/csv' }]);
  await expect(page.getByRole('table', { name: 'Rows' })).toContainText('i want to pay my bill');
  await expect(page.getByLabel('Role of text')).toHaveValue('input');
  await expect(page.getByLabel('Role of intent')).toHaveValue('target');

  await loadTinyModel(page);
  await openStop(page, 'Data');
  await expect(page.getByRole('region', { name: 'Preview as the model sees it' })).toContainText('billing');
  await page.getByRole('button', { name: 'Continue to Train' }).click();

  await page.getByRole('radio', { name: 'General LoRA' }).click();
  await setRunFields(page, {
    'Rank r': 8,
    Alpha: 16,
    'Learning rate': 0.02,
    'Step limit': 30,
    'Batch size': 8,
  });
  for (const module of ['k', 'o', 'wi_0', 'wi_1', 'wo']) {
    await page.getByRole('checkbox', { name: new RegExp(`^${module}\\b`) }).check();
  }
  const losses = await trainToTheEnd(page);
  expect(losses).toHaveLength(30);
  const { first, last } = endsOf(losses, 4);
  expect(last, 'the loss falls').toBeLessThan(0.6 * first);

  await page.getByRole('button', { name: 'Compare the answers' }).click();
  await answerAll(page);
  const tuned = page.getByRole('region', { name: 'Fine-tuned', exact: true });
  await expect(tuned).toContainText('tokens/s');
  await expect(page.getByRole('region', { name: 'Prompt only' })).toContainText('tokens/s');
  await expect(page.getByRole('list', { name: 'Passages' }).getByRole('listitem')).not.toHaveCount(0);
  const answer = await tuned.locator('.read').innerText();

  await page.getByRole('tab', { name: 'Held-out rows' }).click();
  await page.getByRole('textbox', { name: 'Rows', exact: true }).fill('4');
  await page.getByRole('button', { name: 'Evaluate' }).click();
  await expect(page.getByRole('table', { name: 'Scores' })).toContainText('Fine-tuned');
  await expect(page.getByRole('table', { name: 'Answers by row' }).getByRole('row')).not.toHaveCount(1);

  await openStop(page, 'Export');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download adapter' }).click(),
  ]);
  const zip = await readDownload(download);
  const files = unzipSync(zip);
  expect(Object.keys(files).sort()).toEqual([
    'README.md',
    'adapter_config.json',
    'adapter_model.safetensors',
    'graft_proof.json',
    'trainer_log.jsonl',
    'trainer_state.json',
  ]);
  expect(new TextDecoder().decode(files['README.md'])).toMatch(/kernel cases tried on .*: all sound/u);
  const config = JSON.parse(new TextDecoder().decode(files['adapter_config.json']));
  expect(config).toMatchObject({ peft_type: 'LORA', r: 8, lora_alpha: 16, task_type: 'SEQ_2_SEQ_LM' });
  expect(new Set(config.target_modules)).toEqual(new Set(['k', 'o', 'q', 'v', 'wi_0', 'wi_1', 'wo']));

  const [probe] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the probe' }).click(),
  ]);
  checkWithPeft(await download.path(), await probe.path());

  await page.getByLabel('Choose an adapter').setInputFiles({
    name: 'brought-back.zip',
    mimeType: 'application/zip',
    buffer: Buffer.from(zip),
  });
  await expect(page.getByRole('region', { name: 'Import report' }).first()).toContainText('everything fits');
  await openStop(page, 'Compare');
  await answerAll(page);
  await expect(tuned).toContainText('tokens/s');
  expect(await tuned.locator('.read').innerText(), 'the adapter answers as before').toBe(answer);

  await openStop(page, 'Export');
  const [merged] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download merged model' }).click(),
  ]);
  const folder = unzipSync(await readDownload(merged));
  expect(Object.keys(folder)).toEqual(
    expect.arrayContaining(['config.json', 'generation_config.json', 'model.safetensors', 'tokenizer.json']),
  );
  await openStop(page, 'Model');
  const kept = page.getByRole('table', { name: 'Kept models' }).getByRole('row');
  const keptBefore = await kept.count();
  await dropFiles(
    page,
    'main',
    Object.entries(folder).map(([name, content]) => ({ name, content })),
  );
  await expect(kept, 'the merged model is loaded and kept').toHaveCount(keptBefore + 1);
  await openStop(page, 'Compare');
  await answerAll(page);
  const base = page.getByRole('region', { name: 'Prompt only' });
  await expect(base).toContainText('tokens/s');
  expect(await base.locator('.read').innerText(), 'the merged model answers as the adapter did').toBe(answer);
});

/** The adapter as downloaded, in real peft: the page's logits within 1e-4. Needs a Python with peft in GRAFT_PYTHON. */
function checkWithPeft(zip: string, probe: string): void {
  const python = process.env['GRAFT_PYTHON'];
  if (python === undefined) {
    console.log('not compared with peft: GRAFT_PYTHON names no Python with torch, transformers and peft');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'graft-page-adapter-'));
  const adapter = join(folder, 'adapter.zip');
  copyFileSync(zip, adapter);
  const base = fileURLToPath(new URL('./fixtures/tiny-t5', import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, ['scripts/checkAdapter.py', base, adapter, probe], {
    encoding: 'utf8',
  });
  console.log(stdout.trim());
  expect(status, stderr).toBe(0);
}
