import { dropFiles } from './support/dropFiles.ts';
import { expect, test } from './support/journey.ts';
import {
  endsOf,
  loadTinyModel,
  openStop,
  openStudio,
  setRunFields,
  trainToTheEnd,
} from './support/studio.ts';

const rows = Array.from({ length: 48 }, (_, i) => ({
  instruction: i % 2 === 0 ? 'Name the colour.' : 'Name the animal.',
  input:
    i % 4 < 2 ? `the ${['red', 'blue', 'green'][i % 3]} ${['cat', 'dog', 'bird'][i % 3]} number ${i}` : '',
  output: (i % 2 === 0 ? ['red', 'blue', 'green'] : ['cat', 'dog', 'bird'])[i % 3],
}));

test('instruction fine-tuning: alpaca rows, own words around them, frozen weights in 8 bits', async ({
  page,
}) => {
  await openStudio(page);
  await dropFiles(page, 'main', [{ name: 'alpaca.json', content: JSON.stringify(rows) }]);
  await expect(
    page.getByRole('radiogroup', { name: 'Task' }).getByRole('radio', { name: 'Instruction' }),
  ).toBeChecked();
  await expect(page.getByLabel('Role of instruction')).toHaveValue('instruction');
  await expect(page.getByLabel('Role of output')).toHaveValue('target');
  await loadTinyModel(page);
  const loaded = page.getByRole('region', { name: 'Loaded model' });
  const bytesOnDevice = async (): Promise<string> =>
    /On the device\s*([\d.]+ \w+)/.exec(await loaded.innerText())![1]!;
  const inFull = await bytesOnDevice();
  await page
    .getByRole('radiogroup', { name: 'Bits of frozen weights' })
    .getByRole('radio', { name: '8' })
    .click();
  await loadTinyModel(page);
  await expect.poll(bytesOnDevice, 'frozen weights in 8 bits').not.toBe(inFull);
  await openStop(page, 'Data');
  await page
    .getByRole('textbox', { name: 'Text of the template' })
    .fill('Do: {instruction} With: {input} Answer:');
  const preview = page.getByRole('region', { name: 'Preview as the model sees it' });
  await expect(preview).toContainText('With:');
  await expect(preview).toContainText('red');

  await page.getByRole('button', { name: 'Continue to Train' }).click();
  await page.getByRole('radiogroup', { name: 'Preset' }).getByRole('radio', { name: 'Instruction' }).click();
  await setRunFields(page, { 'Learning rate': 0.02, 'Step limit': 20, 'Batch size': 8, Warmup: 2 });
  const { first, last } = endsOf(await trainToTheEnd(page), 4);
  expect(last, 'the loss falls').toBeLessThan(0.8 * first);
});
