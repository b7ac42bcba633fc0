import { expect, test } from 'vitest';
import { firstDifference } from './install.mjs';

const lock = {
  packages: {
    '': { name: 'graft' },
    'node_modules/react': { version: '19.0.0' },
    'node_modules/fsevents': { version: '2.0.0', optional: true },
  },
};

test('nothing is installed when every package is there, save optional ones', () => {
  expect(firstDifference(lock, { packages: { 'node_modules/react': { version: '19.0.0' } } })).toBeNull();
});

test('a missing folder, a missing package and another version are told apart', () => {
  expect(firstDifference(lock, null)).toBe('node_modules is missing');
  expect(firstDifference(lock, { packages: {} })).toBe('node_modules/react is missing');
  expect(firstDifference(lock, { packages: { 'node_modules/react': { version: '18.3.1' } } })).toBe(
    'node_modules/react is 18.3.1, wanted 19.0.0',
  );
});
