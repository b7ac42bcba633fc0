import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const buildScript = new URL('../../../scripts/buildSimd.mjs', import.meta.url).href;

test('the bytes are those of the source', async () => {
  const { simdBytesText } = (await import(buildScript)) as { simdBytesText: () => Promise<string> };
  const kept = readFileSync(new URL('simdBytes.ts', import.meta.url), 'utf8');
  expect(await simdBytesText()).toBe(kept);
}, 60_000);
