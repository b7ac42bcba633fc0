import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { serveFolder } from './serveFolder.mjs';

const parent = mkdtempSync(join(tmpdir(), 'graft-serve-'));
const folder = join(parent, 'dist');
mkdirSync(folder);
writeFileSync(join(parent, 'secret.txt'), 'secret');
writeFileSync(join(folder, 'index.html'), '<title>Graft</title>');
writeFileSync(join(folder, 'a.wasm'), new Uint8Array([0, 97, 115, 109]));
const served = await serveFolder(folder, { port: 0 });

afterAll(() => {
  served.close();
  rmSync(parent, { recursive: true });
});

/** The status for a path sent as it is; fetch would tidy `..` away before sending. */
function rawStatus(path) {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: served.port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
}

test('files come with their type and isolated', async () => {
  const page = await fetch(served.address);
  expect(await page.text()).toBe('<title>Graft</title>');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  const wasm = await fetch(`${served.address}a.wasm`);
  expect(wasm.headers.get('content-type')).toBe('application/wasm');
  expect([...new Uint8Array(await wasm.arrayBuffer())]).toEqual([0, 97, 115, 109]);
});

test('an unchanged file is not sent twice', async () => {
  const tag = (await fetch(`${served.address}a.wasm`)).headers.get('etag');
  const again = await fetch(`${served.address}a.wasm`, { headers: { 'If-None-Match': tag } });
  expect(again.status).toBe(304);
});

test('nothing outside of the folder is served, and nothing is written', async () => {
  expect(await rawStatus('/../secret.txt')).toBe(404);
  expect(await rawStatus('/%2e%2e/secret.txt')).toBe(404);
  expect(await rawStatus('/..%2fsecret.txt')).toBe(404);
  expect(await rawStatus('/%00')).toBe(404);
  expect(await rawStatus('/%')).toBe(404);
  expect((await fetch(served.address, { method: 'POST', body: 'x' })).status).toBe(405);
});

test('a taken port leads to the next one, or to an error when only that one may be used', async () => {
  const next = await serveFolder(folder, { port: served.port });
  expect(next.port).toBeGreaterThan(served.port);
  next.close();
  await expect(serveFolder(folder, { port: served.port, tryCount: 1 })).rejects.toThrow('EADDRINUSE');
});
