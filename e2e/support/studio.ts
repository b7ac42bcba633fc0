/** Steps that several journeys take: opening the studio on WebGPU, loading the tiny model, setting up a short run. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { dropFiles } from './dropFiles.ts';
import { expect } from './journey.ts';

const TINY_MODEL = new URL('../fixtures/tiny-t5/', import.meta.url);

/** Opens the page on a backend and waits for the device. */
export async function openStudio(page: Page, backend: 'webgpu' | 'wasm' = 'webgpu'): Promise<void> {
  await page.goto(`./?backend=${backend}`);
  const name = backend === 'webgpu' ? /Device: WebGPU/ : /Device: WASM/;
  await expect(page.getByRole('button', { name })).toBeVisible();
}

/** Opens a stop of the rail. */
export async function openStop(page: Page, name: string): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Stops' })
    .getByRole('button', { name: new RegExp(`^${name}`) })
    .click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

/** The files of the tiny model, as a person would drop its folder's content. */
export function tinyModelFiles(): { name: string; content: Uint8Array }[] {
  return readdirSync(TINY_MODEL)
    .filter((name) => /^(config|tokenizer)\.json$|\.safetensors$/.test(name))
    .map((name) => ({ name, content: new Uint8Array(readFileSync(new URL(name, TINY_MODEL))) }));
}

/** Loads the tiny model by dropping its files on the page. */
export async function loadTinyModel(page: Page): Promise<void> {
  await dropFiles(page, 'main', tinyModelFiles());
  await expect(page.getByRole('region', { name: 'Loaded model' })).toBeVisible();
}

/** Types numbers into the run's settings, by their labels; shows the advanced ones first. */
export async function setRunFields(page: Page, fields: Readonly<Record<string, number>>): Promise<void> {
  await page
    .getByRole('radiogroup', { name: 'Settings shown' })
    .getByRole('radio', { name: 'Advanced' })
    .click();
  for (const [label, value] of Object.entries(fields)) {
    await page.getByRole('textbox', { name: label, exact: true }).fill(String(value));
  }
}

/** Drops a small table and the tiny model on the open page and sets up a run of them. */
export async function setUpTinyRun(page: Page, fields: Readonly<Record<string, number>>): Promise<void> {
  await dropFiles(page, 'main', [{ name: 'tickets.csv', content: intentCsv(40) }]);
  await loadTinyModel(page);
  await openStop(page, 'Train');
  await setRunFields(page, fields);
}

/** The last step that the running run tells of; 0 before the first. */
export async function stepNow(page: Page): Promise<number> {
  const told = await page
    .getByText(/step \d+ of \d+/)
    .first()
    .innerText();
  return Number(/step (\d+)/.exec(told)![1]);
}

/** Presses Answer and waits for the last answer: until then the engine takes nothing else. */
export async function answerAll(page: Page): Promise<void> {
  const answer = page.getByRole('button', { name: 'Answer', exact: true });
  await answer.click();
  await expect(answer).toBeVisible({ timeout: 120_000 });
}

/** Starts the run and waits until it is done; returns the losses of the curve as downloaded. */
export async function trainToTheEnd(page: Page, timeoutMs = 400_000): Promise<number[]> {
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByRole('button', { name: 'Compare the answers' })).toBeVisible({ timeout: timeoutMs });
  return curveLosses(page);
}

/** The training losses from the curve's own CSV. */
export async function curveLosses(page: Page): Promise<number[]> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV' }).click(),
  ]);
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\n');
  const column = lines[0]!.split(',').indexOf('loss');
  expect(column, `a loss column in ${lines[0]}`).toBeGreaterThanOrEqual(0);
  return lines
    .slice(1)
    .map((line) => line.split(',')[column]!)
    .filter((cell) => cell !== '')
    .map(Number);
}

/** Means of the first and the last `count` losses. */
export function endsOf(losses: readonly number[], count: number): { first: number; last: number } {
  const mean = (part: readonly number[]): number => part.reduce((sum, loss) => sum + loss, 0) / part.length;
  return { first: mean(losses.slice(0, count)), last: mean(losses.slice(-count)) };
}

/** `text,intent` rows of a made-up help desk. */
export function intentCsv(rowCount: number): string {
  const starts = ['hello', 'hi there', 'good morning', 'dear team', 'hey'];
  const asks = [
    ['i want to pay my bill', 'billing'],
    ['the parcel did not arrive', 'delivery'],
    ['i cannot sign in', 'account'],
    ['please cancel my order', 'cancel'],
  ] as const;
  const rows = Array.from({ length: rowCount }, (_, i) => {
    const [ask, intent] = asks[i % asks.length]!;
    return `"${starts[i % starts.length]}, ${ask} number ${100 + i}",${intent}`;
  });
  return ['text,intent', ...rows].join('\n');
}
