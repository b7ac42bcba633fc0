/** Stored runs as today's page reads them: settings that were added since have their defaults. */
import { toProblem } from '../lib/problem.ts';
import type { RunRecord } from '../storage/records.ts';
import { DEFAULT_RUN_CONFIG } from '../training/presets.ts';
import { readRunConfig } from '../training/readRunConfig.ts';

/**
 * A record with every field that the page relies on. Where its settings cannot be read (a newer version wrote them), it can
 * still be looked at and deleted: it says why and counts as failed.
 */
export function readRunRecord(stored: RunRecord): RunRecord {
  const found: Partial<RunRecord> = stored;
  const { steps = [], evaluations = [], samples = [], totalSteps = 0, trainExampleCount = 0 } = found;
  const record = { ...stored, steps, evaluations, samples, totalSteps, trainExampleCount };
  try {
    return { ...record, config: readRunConfig(stored.config) };
  } catch (error) {
    return { ...record, config: DEFAULT_RUN_CONFIG, status: 'failed', problem: toProblem(error) };
  }
}
