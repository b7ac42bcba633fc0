import { unzipSync } from 'fflate';
import { dropFiles } from './support/dropFiles.ts';
import { expect, test } from './support/journey.ts';
import { readDownload } from './support/readDownload.ts';
import {
  endsOf,
  loadTinyModel,
  openStop,
  openStudio,
  setRunFields,
  trainToTheEnd,
} from './support/studio.ts';

const rows = Array.from({ length: 48 }, (_, i) => ({
  question: `what is the code of room ${i % 6}?`,
  answer: ['north', 'south', 'east', 'west', 'upper', 'lower'][i % 6],
}));

test('full fine-tuning of every weight, from JSONL, ends as a model folder', async ({ page }) => {
  await openStudio(page);
  await dropFiles(page, 'main', [
    { name: 'rooms.jsonl', content: rows.map((row) => JSON.stringify(row)).join('\n') },
  ]);
  await expect(page.getByLabel('Role of answer')).toHaveValue('target');
  await loadTinyModel(page);
  await page.getByRole('button', { name: 'Continue to Train' }).click();
  await page.getByRole('radiogroup', { name: 'Preset' }).getByRole('radio', { name: 'Full' }).click();
  await expect(
    page.getByRole('radiogroup', { name: 'Method' }).getByRole('radio', { name: 'Full' }),
  ).toBeChecked();
  await setRunFields(page, { 'Learning rate': 0.01, 'Step limit': 24, 'Batch size': 8, Warmup: 2 });
  const { first, last } = endsOf(await trainToTheEnd(page), 4);
  expect(last, 'the loss falls').toBeLessThan(0.5 * first);

  const [picture] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download PNG' }).click(),
  ]);
  const png = await readDownload(picture);
  expect([...png.subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
  const width = new DataView(png.buffer, png.byteOffset).getUint32(16);
  expect(width, 'the picture is as wide as the curves, twice').toBeGreaterThan(1000);

  await page.getByRole('button', { name: 'Compare the answers' }).click();
  await page.getByRole('button', { name: 'Answer', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Fine-tuned', exact: true })).toContainText('tokens/s');

  await openStop(page, 'Export');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download adapter' }).click(),
  ]);
  const files = unzipSync(await readDownload(download));
  expect(Object.keys(files).sort()).toEqual([
    'config.json',
    'graft_proof.json',
    'model.safetensors',
    'tokenizer.json',
    'trainer_log.jsonl',
    'trainer_state.json',
  ]);
  const state = JSON.parse(new TextDecoder().decode(files['trainer_state.json']));
  expect(state).toMatchObject({ global_step: 24, max_steps: 24, train_batch_size: 8 });
  const logged = state.log_history.filter((entry: object) => 'grad_norm' in entry);
  expect(logged.map(({ step }: { step: number }) => step)).toEqual(
    Array.from({ length: 24 }, (_, i) => i + 1),
  );
});
