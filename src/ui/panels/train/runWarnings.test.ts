import { describe, expect, it } from 'vitest';
import { DEFAULT_RUN_CONFIG } from '../../../training/presets.ts';
import { runWarnings } from './runWarnings.ts';

const summary = {
  exampleCount: 100,
  inputTokens: 9000,
  labelTokens: 2000,
  longestInput: 900,
  longestLabel: 40,
  truncatedInputs: 25,
  truncatedLabels: 0,
  unknownTokens: 0,
};

describe('warnings before a run', () => {
  it('is silent for the defaults on enough rows', () => {
    expect(runWarnings({ config: DEFAULT_RUN_CONFIG, totalSteps: 300 })).toEqual([]);
  });

  it('names a warmup that never ends and a run that is too short', () => {
    const config = { ...DEFAULT_RUN_CONFIG, warmupSteps: 12 };
    const warnings = runWarnings({ config, totalSteps: 12 });
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('12 of 12 steps');
  });

  it('tells how many inputs are cut', () => {
    expect(runWarnings({ config: DEFAULT_RUN_CONFIG, totalSteps: 300, summary })).toEqual([
      '25.0 % of the inputs are cut at 512 tokens.',
    ]);
  });

  it('tells when nothing is held out', () => {
    const config = { ...DEFAULT_RUN_CONFIG, validationShare: 0, testShare: 0 };
    expect(runWarnings({ config, totalSteps: 300 })).toHaveLength(2);
  });
});
