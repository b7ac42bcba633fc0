import { expect, test } from 'vitest';
import { baselineLines, benchTable, figure } from './benchTable.mjs';

const step = { name: 'step', unit: 'ms', graft: 400, peer: 8000, peerName: 'stock tfjs', ratio: 20 };
const speed = { name: 'speed', unit: 'tokens/s', graft: 50, peer: null, peerName: null, ratio: null };

test('figures have three digits', () => {
  expect([0, 0.01234, 1.239, 45.67, 1234.5].map(figure)).toEqual(['0', '0.0123', '1.24', '45.7', '1235']);
});

test('the table says by how much, and leaves empty what there is no peer for', () => {
  const lines = benchTable([step, speed]).split('\n');
  expect(lines[1]).toMatch(/^step\s+ms\s+400\s+8000\s+20\.0 x {2}stock tfjs$/);
  expect(lines[2]).toMatch(/^speed\s+tokens\/s\s+50\.0$/);
});

test('a ratio is compared with a ratio, so a slower machine alone is no regression', () => {
  const slower = { ...step, graft: 800, peer: 16000 };
  expect(baselineLines([slower], { rows: [step] })[1]).toMatch(/20\.0 x\s+20\.0 x\s+0 % same/);
  const worse = { ...step, graft: 800, ratio: 10 };
  expect(baselineLines([worse], { rows: [step] })[1]).toMatch(/-50 % WORSE/);
});

test('without a peer more is better for rates, less for everything else', () => {
  expect(baselineLines([{ ...speed, graft: 100 }], { rows: [speed] })[1]).toContain('+100 % better');
  const bytes = { ...speed, name: 'peak', unit: 'MB', graft: 100 };
  expect(baselineLines([{ ...bytes, graft: 200 }], { rows: [bytes] })[1]).toContain('-50 % WORSE');
});

test('the best kernel by hand may be another one; rows without a baseline are left out', () => {
  const before = { ...step, peerName: 'by hand (direct)' };
  const now = { ...step, peerName: 'by hand (tiled)' };
  expect(baselineLines([now], { rows: [before] })).toHaveLength(2);
  expect(baselineLines([speed], { rows: [before] })).toEqual([]);
});
