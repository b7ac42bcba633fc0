import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readT5Config } from '../src/interop/t5ConfigJson.ts';
import { modelShapes } from './models.ts';

test('the starter that is measured has the shape of the one that ships', () => {
  const text = readFileSync(new URL('../public/models/starter/config.json', import.meta.url), 'utf8');
  expect(modelShapes.starter).toEqual(readT5Config(JSON.parse(text)));
});
