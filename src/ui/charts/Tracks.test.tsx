// @vitest-environment jsdom
import { cleanup, render, screen, within } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { DEFAULT_RUN_CONFIG } from '../../training/presets.ts';
import type { CurveSource } from './curves.ts';
import { Tracks } from './Tracks.tsx';

afterEach(cleanup);

const step = { epoch: 0.1, learningRate: 1e-4, gradNorm: 2, tokenCount: 500, stepMs: 250, gpuBytes: 0 };
const run: CurveSource = {
  status: 'running',
  totalSteps: 40,
  config: DEFAULT_RUN_CONFIG,
  steps: [
    { ...step, step: 1, loss: 4 },
    { ...step, step: 2, loss: 2, gradNorm: 0.5 },
  ],
  evaluations: [{ step: 2, epoch: 0.1, loss: 2.5 }],
};

it('says the current figures of every chart in words', () => {
  render(<Tracks run={run} smoothing={0.5} scale="linear" unit="step" />);
  const loss = within(screen.getByLabelText('Loss'));
  // Smoothed by hand: (0.5·2 + 1) / 0.75 = 2.667.
  expect(loss.getByText(/smoothed training loss is 2\.667/)).toBeTruthy();
  expect(loss.getByText(/best 2\.500 at step 2/)).toBeTruthy();
  const norm = within(screen.getByLabelText('Gradient norm'));
  expect(norm.getByText(/50\.0 % of the steps were clipped/)).toBeTruthy();
  expect(screen.getByLabelText('Learning rate')).toBeTruthy();
  expect(within(screen.getByLabelText('Tokens per second')).getByText(/2,000 tokens/)).toBeTruthy();
});

it('stands before the first step without figures', () => {
  render(<Tracks run={{ ...run, steps: [], evaluations: [] }} smoothing={0.5} scale="log" unit="epoch" />);
  expect(screen.getAllByText('No step has been trained yet.')).toHaveLength(3);
});
