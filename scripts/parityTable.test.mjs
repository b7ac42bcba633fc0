import { expect, test } from 'vitest';
import { hasPassed, headLine, tableLine } from '../parity/runner/table.mjs';
import { pinnedPackages, venvFolder } from '../parity/runner/venv.mjs';

const line = { name: 'logits', ours: 1.00001, reference: 1, error: 1e-5, tolerance: 1e-4 };

test('a comparison passes within its tolerance; NaN, Infinity and nothing never do', () => {
  expect(hasPassed(line)).toBe(true);
  expect(hasPassed({ ...line, error: 1e-4 })).toBe(true);
  for (const error of [1.1e-4, NaN, Infinity, null, undefined]) {
    expect(hasPassed({ ...line, error })).toBe(false);
  }
});

test('rows say what failed and stand under their heads', () => {
  expect(tableLine(line)).toMatch(/^logits .* 1\.0000100 {2,}1 {2,}1\.0e-5 {2,}1\.0e-4 {2}ok$/);
  const failed = tableLine({ ...line, name: 'x'.repeat(200), ours: 'nothing', error: NaN });
  expect(failed).toMatch(/^x+… .*nothing.* NaN .* FAILED$/);
  expect(failed.lastIndexOf('  FAILED')).toBe(headLine().length);
});

test('pins are read, and the environment lies outside of the source tree', () => {
  expect(pinnedPackages('# why\ntorch==2.15.0 # cpu\n\npeft==0.21.2\n')).toEqual([
    ['torch', '2.15.0'],
    ['peft', '0.21.2'],
  ]);
  expect(venvFolder({ GRAFT_PARITY_VENV: '/x/y' })).toBe('/x/y');
  expect(venvFolder({})).toMatch(/graft.parity-venv$/);
  expect(venvFolder({}).startsWith(process.cwd())).toBe(false);
});
