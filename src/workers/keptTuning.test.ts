import { expect, test } from 'vitest';
import { mostAdapters, tuneAdapter, type TuningStore } from './keptTuning.ts';

const adapter = { name: 'GPU A', features: ['subgroups'], browser: 'Chrome 156' };

/** A store in memory. */
function memoryStore(text?: string): TuningStore & { text: string | undefined } {
  return {
    text,
    load() {
      return Promise.resolve(this.text);
    },
    save(next) {
      this.text = next;
      return Promise.resolve();
    },
  };
}

/** Tuning that says what it was given, and measures where that is nothing. */
function recorder(): { given: (string | undefined)[]; tune: Parameters<typeof tuneAdapter>[2] } {
  const given: (string | undefined)[] = [];
  return {
    given,
    tune: (name, kept) => {
      given.push(kept);
      return Promise.resolve({ kept: kept ?? `choices of ${name}`, times: [] });
    },
  };
}

test('the second visit is given what the first one found; other adapters, features, browsers and bits are not', async () => {
  const store = memoryStore();
  const { given, tune } = recorder();
  await tuneAdapter(adapter, store, tune);
  await tuneAdapter(adapter, store, tune);
  await tuneAdapter({ ...adapter, name: 'GPU B' }, store, tune);
  await tuneAdapter({ ...adapter, features: [] }, store, tune);
  await tuneAdapter({ ...adapter, browser: 'Chrome 157' }, store, tune);
  await tuneAdapter({ ...adapter, bits: 16 }, store, tune);
  await tuneAdapter(adapter, store, tune);
  const found = 'choices of GPU A';
  expect(given).toEqual([undefined, found, undefined, undefined, undefined, undefined, found]);
});

test('choices that held no more are replaced', async () => {
  const store = memoryStore();
  await tuneAdapter(adapter, store, () => Promise.resolve({ kept: 'old', times: [] }));
  await tuneAdapter(adapter, store, () => Promise.resolve({ kept: 'new', times: [] }));
  const { given, tune } = recorder();
  await tuneAdapter(adapter, store, tune);
  expect(given).toEqual(['new']);
});

test('the oldest adapters are forgotten', async () => {
  const store = memoryStore();
  const { given, tune } = recorder();
  for (let i = 0; i <= mostAdapters; i++) await tuneAdapter({ ...adapter, name: `GPU ${i}` }, store, tune);
  await tuneAdapter({ ...adapter, name: `GPU ${mostAdapters}` }, store, tune);
  await tuneAdapter({ ...adapter, name: 'GPU 0' }, store, tune);
  expect(given.slice(-2)).toEqual([`choices of GPU ${mostAdapters}`, undefined]);
});

test.each([['not JSON'], ['{}'], ['[1,["a"],["b",2]]'], ['null']])(
  'a damaged store, %s, counts as empty',
  async (text) => {
    const store = memoryStore(text);
    const { given, tune } = recorder();
    await tuneAdapter(adapter, store, tune);
    await tuneAdapter(adapter, store, tune);
    expect(given).toEqual([undefined, 'choices of GPU A']);
  },
);

test('where nothing can be stored, every visit measures', async () => {
  const refuse = (): Promise<never> => Promise.reject(new Error('private window'));
  const { given, tune } = recorder();
  await tuneAdapter(adapter, { load: refuse, save: refuse }, tune);
  await tuneAdapter(adapter, { load: refuse, save: refuse }, tune);
  expect(given).toEqual([undefined, undefined]);
});
