import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readGenerationConfig } from '../engine/decoding/generationConfig.ts';
import { openModelFiles } from './modelFiles.ts';

const served = new Map([
  ['config.json', '{}'],
  ['tokenizer.json', '{}'],
  ['model.safetensors', 'weights'],
  ['README.md', '# tiny'],
  ['generation_config.json', '{"num_beams": 3, "max_new_tokens": 11}'],
]);
let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    const text = served.get(request.url?.split('/').at(-1) ?? '');
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
});
afterAll(() => server.close());

test('the bundled model comes with its decoding defaults', async () => {
  const baseUrl = `http://localhost:${(server.address() as AddressInfo).port}/models/tiny/`;
  const files = await openModelFiles({ kind: 'bundled', id: 'starter', baseUrl }, {}, () => undefined);
  expect(files.map(({ name }) => name).sort()).toEqual([...served.keys()].sort());
  const { source } = files.find(({ name }) => name === 'generation_config.json')!;
  const { options } = readGenerationConfig(
    new TextDecoder().decode(await source.slice(0, source.byteLength)),
  );
  expect(options).toEqual({ numBeams: 3, maxNewTokens: 11 });
});
