import { expect, test } from 'vitest';
import type { ProofReport } from '../training/proof/proofReport.ts';
import { isProofOf, stampFiles, stampSentences } from './runStamp.ts';

const proof: ProofReport = {
  deviceName: 'Test GPU',
  deviceKind: 'webgpu',
  modelId: 'm1',
  modelName: 'tiny',
  seed: 1,
  at: Date.UTC(2026, 0, 2, 3, 4),
  elapsedMs: 10,
  lines: [{ id: 'forward', claim: 'Forward', verdict: 'holds', finding: '' }],
  kernels: [],
};
const run = {
  createdAt: proof.at + 1,
  modelId: 'm1',
  deviceName: 'Test GPU',
  deviceCheck: [{ op: 'rmsNorm', sizes: '1×4', error: 0, tolerance: 1e-5 }],
};

test('a proof belongs to runs of its device and model only', () => {
  expect(isProofOf(proof, run)).toBe(true);
  expect(isProofOf(proof, { ...run, modelId: 'm2' })).toBe(false);
  expect(isProofOf(proof, { ...run, deviceName: 'Other GPU' })).toBe(false);
  expect(isProofOf(proof, { modelId: 'm1' })).toBe(false);
});

test('the stamp says what was tried, where and when', () => {
  expect(stampSentences({ ...run, proof })).toEqual([
    '1 kernel case tried on Test GPU before the first step: all sound.',
    'All 1 claims hold on Test GPU. Tried before the run, 2026-01-02 03:04 UTC.',
  ]);
  expect(stampSentences({ ...run, createdAt: proof.at - 1, deviceCheck: [], proof })).toEqual([
    'All 1 claims hold on Test GPU. Tried after the run began, 2026-01-02 03:04 UTC.',
  ]);
});

test('the exported file carries the whole stamp; a run on which nothing was tried exports none', () => {
  const text = stampFiles({ ...run, proof }).get('graft_proof.json')!;
  expect(JSON.parse(text)).toMatchObject({ deviceName: 'Test GPU', deviceCheck: run.deviceCheck, proof });
  expect(stampFiles({ createdAt: 0, modelId: 'm1', deviceCheck: [] }).size).toBe(0);
});
