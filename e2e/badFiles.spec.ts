import { dropFiles, type DroppedFile } from './support/dropFiles.ts';
import { expect, test } from './support/journey.ts';
import { intentCsv, loadTinyModel, openStop, openStudio, tinyModelFiles } from './support/studio.ts';

const text = (name: string, content: string | Uint8Array): DroppedFile[] => [{ name, content }];
const utf16 = (content: string): Uint8Array => new Uint8Array(Buffer.from(`\ufeff${content}`, 'utf16le'));

/** 900 rows of three columns, but five in row 812 of the file. */
const row812 = [
  'id,text,label',
  ...Array.from({ length: 900 }, (_, i) => (i + 2 === 812 ? '1,a,b,c,d' : `${i},hello,x`)),
].join('\n');

test('tables that cannot be used say why, and what was there stays', async ({ page }) => {
  await openStudio(page);
  await dropFiles(page, 'main', text('good.csv', intentCsv(20)));
  await expect(page.getByRole('table', { name: 'Rows' })).toContainText('i want to pay my bill');

  const refused: [DroppedFile[], RegExp[]][] = [
    [text('empty.csv', ''), [/empty\.csv/, /empty/i]],
    [
      text('photo.csv', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13])),
      [/photo\.csv/, /PNG/],
    ],
  ];
  for (const [files, patterns] of refused) {
    await dropFiles(page, 'main', files);
    for (const pattern of patterns) await expect(page.getByRole('alert')).toContainText(pattern);
    await expect(page.getByRole('table', { name: 'Rows' })).toContainText('i want to pay my bill');
    await page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).click();
  }
});

test('tables with faults load their good rows and list the rest with file, row and column', async ({
  page,
}) => {
  await openStudio(page);
  const rows = page.getByRole('table', { name: 'Rows' });
  const remarks = page.getByRole('list', { name: 'Remarks on the file' });

  await dropFiles(page, 'main', text('long.csv', row812));
  await expect(remarks).toContainText('row 812');
  await expect(remarks).toContainText(/3/);
  await expect(remarks).toContainText(/5/);
  await expect(page.getByText('899 rows, 3 columns')).toBeVisible();

  await dropFiles(page, 'main', text('quote.csv', 'text,label\na,x\nb,y\n"c,z\nd,w'));
  await expect(remarks).toContainText(/quote/i);
  await expect(remarks).toContainText('row 4');

  await dropFiles(page, 'main', text('wide.csv', utf16('text,label\nschön,gut\nübel,schlecht')));
  await expect(rows).toContainText('schön');
  await expect(page.getByText(/UTF-16LE/)).toBeVisible();

  await dropFiles(
    page,
    'main',
    text(
      'latin.csv',
      new Uint8Array(Buffer.from('text,label\ncaf\u00e9 cr\u00e8me,na\u00efve\nd\u00e9j\u00e0,vu', 'latin1')),
    ),
  );
  await expect(rows).toContainText('café crème');

  await dropFiles(page, 'main', text('bom.csv', '\ufefftext,label\nhello,x\nbye,y'));
  await expect(page.getByLabel('Role of text')).toBeVisible();
  await expect(page.getByText(/byte-order mark removed/)).toBeVisible();

  await dropFiles(
    page,
    'main',
    text('broken.json', '[{"text":"one","label":"x"},{"text":"two","label":"y"},{"text":"th'),
  );
  await expect(rows).toContainText('two');
  await expect(remarks).toContainText(/breaks off|ends/i);

  await dropFiles(
    page,
    'main',
    text('lines.jsonl', '{"text":"one","label":"x"}\n{oops\n{"text":"three","label":"y"}'),
  );
  await expect(rows).toContainText('three');
  await expect(remarks).toContainText('row 2');

  await dropFiles(
    page,
    'main',
    text('script.csv', 'text,label\n<script>document.title="taken"</script>,x\nplain,y'),
  );
  await expect(rows).toContainText('<script>document.title="taken"</script>');
  await expect(page).toHaveTitle('Graft');
});

test('a mapping without rows and targets that are all empty are turned away before training', async ({
  page,
}) => {
  await openStudio(page);
  await dropFiles(page, 'main', text('header.csv', 'text,label'));
  await loadTinyModel(page);
  await openStop(page, 'Data');
  await expect(page.getByRole('button', { name: 'Continue to Train' })).toBeDisabled();

  await dropFiles(page, 'main', text('untargeted.csv', `question,answer\n${'how are you?,\n'.repeat(12)}`));
  await page.getByLabel('Role of question').selectOption('input');
  await page.getByLabel('Role of answer').selectOption('target');
  await expect(page.getByRole('alert').filter({ hasText: 'answer' })).toContainText(/untargeted\.csv/);
  await expect(page.getByRole('button', { name: 'Continue to Train' })).toBeDisabled();
});

test('models and adapters that do not fit are refused with the tensor named; the loaded model stays', async ({
  page,
}) => {
  await openStudio(page);
  await loadTinyModel(page);
  const files = tinyModelFiles();
  const others = files.filter(({ name }) => name !== 'model.safetensors');
  const weights = files.find(({ name }) => name === 'model.safetensors')!.content;
  const header = headerOf(weights);

  const lying = weights.slice();
  new DataView(lying.buffer).setBigUint64(0, 10_000_000_000n, true);
  const missing = withHeader(weights, (entries) => {
    entries['encoder.block.0.layer.0.SelfAttention.extra'] =
      entries['encoder.block.0.layer.0.SelfAttention.q.weight']!;
    delete entries['encoder.block.0.layer.0.SelfAttention.q.weight'];
  });
  const misshapen = withHeader(weights, (entries) => {
    const entry = entries['encoder.block.0.layer.0.SelfAttention.q.weight'] as { shape: number[] };
    entry.shape = [entry.shape[0]! / 2, entry.shape[1]! * 2];
  });
  expect(Object.keys(header).length).toBeGreaterThan(20);

  const cases: [Uint8Array | string, RegExp][] = [
    [lying, /header/i],
    [missing, /SelfAttention\.q\.weight/],
    [misshapen, /SelfAttention\.q\.weight/],
    ['<!doctype html><html><head><title>Sign in</title></head><body>…</body></html>', /HTML|web page/i],
  ];
  for (const [content, pattern] of cases) {
    await dropFiles(page, 'main', [...others, { name: 'model.safetensors', content }]);
    await expect(page.getByRole('alert')).toContainText(pattern);
    await expect(page.getByRole('alert')).toContainText('model.safetensors');
    await expect(page.getByRole('region', { name: 'Loaded model' })).toBeVisible();
    await page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).click();
  }

  await dropFiles(page, 'main', [
    {
      name: 'adapter_config.json',
      content: JSON.stringify({ peft_type: 'LORA', r: 4, lora_alpha: 8, target_modules: ['q_proj'] }),
    },
    { name: 'adapter_model.safetensors', content: llamaAdapter() },
  ]);
  await expect(page.getByRole('alert')).toContainText(/q_proj|another model/);
});

type Entries = Record<string, unknown>;

function headerOf(file: Uint8Array): Entries {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
}

/** The same file with another header. */
function withHeader(file: Uint8Array, change: (entries: Entries) => void): Uint8Array {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const entries = headerOf(file);
  change(entries);
  const header = new TextEncoder().encode(JSON.stringify(entries));
  const padded = Math.ceil(header.length / 8) * 8;
  const result = new Uint8Array(8 + padded + file.length - 8 - length).fill(0x20);
  new DataView(result.buffer).setBigUint64(0, BigInt(padded), true);
  result.set(header, 8);
  result.set(file.subarray(8 + length), 8 + padded);
  return result;
}

/** Two matrices under the names of another architecture. */
function llamaAdapter(): Uint8Array {
  const path = 'base_model.model.model.layers.0.self_attn.q_proj';
  const header = new TextEncoder().encode(
    JSON.stringify({
      [`${path}.lora_A.weight`]: { dtype: 'F32', shape: [4, 8], data_offsets: [0, 128] },
      [`${path}.lora_B.weight`]: { dtype: 'F32', shape: [8, 4], data_offsets: [128, 256] },
    }).padEnd(256),
  );
  const file = new Uint8Array(8 + header.length + 256);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  return file;
}
