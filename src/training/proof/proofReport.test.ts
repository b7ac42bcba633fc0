import { expect, test } from 'vitest';
import { isSound, verdictSentence, type ProofLine, type ProofReport } from './proofReport.ts';

const line = (verdict: ProofLine['verdict'], claim: string): ProofLine => ({
  id: 'forward',
  claim,
  verdict,
  finding: '',
});
const report = (...lines: ProofLine[]): ProofReport => ({
  deviceName: 'Test GPU',
  deviceKind: 'webgpu',
  modelName: 'tiny',
  seed: 1,
  at: 0,
  elapsedMs: 0,
  lines,
  kernels: [],
});

test('claims that were not tried count neither way', () => {
  const sound = report(line('holds', 'A holds'), line('not tried', 'B'), line('holds', 'C'));
  expect(isSound(sound)).toBe(true);
  expect(verdictSentence(sound)).toBe('All 2 claims hold on Test GPU.');
});

test('one failed claim makes the whole unsound and is named', () => {
  const faulty = report(line('holds', 'A'), line('fails', 'Gradients are those of the loss'));
  expect(isSound(faulty)).toBe(false);
  expect(verdictSentence(faulty)).toBe('1 of 2 claims fail on Test GPU: gradients are those of the loss.');
});
