import { expect, test } from 'vitest';
import { unzipFiles, zipFiles } from './adapterZip.ts';

const text = (value: string) => new TextEncoder().encode(value);

test('files come back as they went in; folders and what systems add are dropped', async () => {
  const weights = new Uint8Array(5000).map((_, i) => i);
  const zip = await zipFiles(
    new Map([
      ['adapter/adapter_config.json', text('{}')],
      ['adapter/adapter_model.safetensors', weights],
      ['__MACOSX/adapter/._adapter_config.json', text('junk')],
      ['adapter/.DS_Store', text('junk')],
    ]),
    new Date(2020, 1, 1),
  );
  const files = await unzipFiles(zip, 'a.zip');
  expect(files.map(({ name }) => name).sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
  const model = files.find(({ name }) => name.endsWith('.safetensors'))!;
  expect(await model.source.slice(0, model.source.byteLength)).toEqual(weights);
});

test('what is not a zip is refused by name', async () => {
  await expect(unzipFiles(text('<html>'), 'adapter.zip')).rejects.toMatchObject({
    problem: { code: 'zip-unreadable', file: 'adapter.zip' },
  });
});
