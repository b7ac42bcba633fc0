import { expect, test } from 'vitest';
import { askedShapes } from './askedShapes.ts';

const one = { model: 'starter', size: 1, inputLength: 64, labelLength: 32 } as const;
const eight = { ...one, size: 8 } as const;
const small = { ...one, model: 't5-small' } as const;
const own = [one, eight, small];

test('a case measures its own shapes unless something else is asked for', () => {
  expect(askedShapes(own, { model: null, batch: null })).toEqual(own);
  expect(askedShapes(own, { model: 'starter', batch: null })).toEqual([one, eight]);
});

test('another batch is measured once for every model', () => {
  const batch = { size: 3, inputLength: 17, labelLength: 5 };
  expect(askedShapes(own, { model: null, batch })).toEqual([
    { ...one, ...batch },
    { ...small, ...batch },
  ]);
});

test('a model that the case has no shape for takes its first one', () => {
  expect(askedShapes(own, { model: 'flan-t5-small', batch: null })).toEqual([
    { ...one, model: 'flan-t5-small' },
  ]);
});
