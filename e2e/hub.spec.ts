import { expect, test } from './support/journey.ts';
import { openStop, openStudio, tinyModelFiles } from './support/studio.ts';

test.use({ allowedRequests: /^https:\/\/huggingface\.co\/someone\//, allowedErrors: /404/ });

test('a model from the hub: plain GETs only, kept in the browser, there after a reload without network', async ({
  page,
}) => {
  const asked: string[] = [];
  const files = new Map(tinyModelFiles().map(({ name, content }) => [name, Buffer.from(content)]));
  files.set('generation_config.json', Buffer.from(JSON.stringify({ num_beams: 3, max_new_tokens: 11 })));
  await page.context().route('https://huggingface.co/**', async (route) => {
    asked.push(`${route.request().method()} ${new URL(route.request().url()).pathname}`);
    const body = files.get(route.request().url().split('/').at(-1)!);
    const headers = { 'access-control-allow-origin': '*' };
    await (body === undefined ? route.fulfill({ status: 404, headers }) : route.fulfill({ body, headers }));
  });
  await openStudio(page, 'wasm');
  await openStop(page, 'Model');
  await page.getByRole('textbox', { name: 'Hub model' }).fill('someone/no-such/model');
  await page.getByRole('button', { name: 'Download from the hub' }).click();
  await expect(page.getByRole('alert')).toContainText('owner/name');
  expect(asked).toEqual([]);

  await page.getByRole('textbox', { name: 'Hub model' }).fill('someone/tiny-t5');
  await page.getByRole('button', { name: 'Download from the hub' }).click();
  await expect(page.getByRole('region', { name: 'Loaded model' })).toContainText('someone/tiny-t5');
  expect(asked).toEqual([
    'GET /someone/tiny-t5/resolve/main/config.json',
    'GET /someone/tiny-t5/resolve/main/tokenizer.json',
    'GET /someone/tiny-t5/resolve/main/generation_config.json',
    'GET /someone/tiny-t5/resolve/main/model.safetensors.index.json',
    'GET /someone/tiny-t5/resolve/main/model.safetensors',
  ]);
  await openStop(page, 'Compare');
  await expect(page.getByText('3 beams, up to 11 tokens'), 'its own decoding').toBeVisible();
  await page.getByRole('button', { name: /bytes sent/ }).click();
  await expect(page.getByRole('dialog', { name: 'Requests' })).toContainText(
    'someone/tiny-t5/resolve/main/config.json',
  );
  await expect(page.getByRole('dialog', { name: 'Requests' })).toContainText('0 bytes sent');

  await page.reload();
  await openStop(page, 'Model');
  await expect(page.getByRole('region', { name: 'Loaded model' })).toContainText('someone/tiny-t5');
  expect(asked).toHaveLength(5);
});
