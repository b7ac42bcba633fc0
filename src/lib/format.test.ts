import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatLoss, formatPlural, formatRate, formatShare } from './format.ts';

describe('figures', () => {
  it.each([
    [formatBytes(0), '0 bytes'],
    [formatBytes(999), '999 bytes'],
    [formatBytes(1_500_000), '1.50 MB'],
    [formatBytes(999_700), '1.00 MB'],
    [formatDuration(640), '640 ms'],
    [formatDuration(59_700), '1 min 00 s'],
    [formatDuration(72_000), '1 min 12 s'],
    [formatDuration(3_660_000), '1 h 01 min'],
    [formatDuration(NaN), '–'],
    [formatLoss(1.23456), '1.235'],
    [formatRate(3e-4), '3.00e-4'],
    [formatShare(0.1234), '12.3 %'],
    [formatShare(1), '100 %'],
    [formatPlural(1, 'row'), '1 row'],
    [formatPlural(1200, 'row'), '1,200 rows'],
  ])('%s', (actual, expected) => {
    expect(actual).toBe(expected);
  });
});
