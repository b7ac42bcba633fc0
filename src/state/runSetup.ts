/** The settings of the next run, as they are being chosen. */
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { Problem } from '../lib/problem.ts';
import { toProblem } from '../lib/problem.ts';
import { DEFAULT_RUN_CONFIG, PRESETS, type PresetId } from '../training/presets.ts';
import { readRunConfig } from '../training/readRunConfig.ts';
import type { RunConfig } from '../training/runConfig.ts';

export interface RunSetupState {
  config: RunConfig;
  /** The preset the settings started from; `own` once something was changed. */
  presetId: PresetId | 'own';
  /** Why the settings cannot be used, by field where one is named. */
  problem?: Problem | undefined;
}

export const useRunSetup = create<RunSetupState>()(
  persist((): RunSetupState => ({ config: DEFAULT_RUN_CONFIG, presetId: 'lora', problem: undefined }), {
    name: 'graft-run-setup',
    version: 1,
    partialize: ({ config, presetId }) => ({ config, presetId }),
    merge: (kept, fresh) => ({ ...fresh, ...readKept(kept) }),
  }),
);

/** Kept settings, unless they no longer can be used. */
function readKept(kept: unknown): Partial<RunSetupState> {
  if (typeof kept !== 'object' || kept === null || !('config' in kept) || !('presetId' in kept)) return {};
  try {
    const presetId = PRESETS.find(({ id }) => id === kept.presetId)?.id ?? 'own';
    return { config: readRunConfig(kept.config), presetId };
  } catch {
    return {};
  }
}

/** Takes over all settings of a preset. */
export function applyPreset(id: PresetId): void {
  const preset = PRESETS.find((candidate) => candidate.id === id);
  if (preset === undefined) throw new Error(`There is no preset "${id}".`);
  useRunSetup.setState({ config: preset.config, presetId: id, problem: undefined });
}

/** Changes some settings; wrong ones are kept in the form and named in `problem`. */
export function changeConfig(change: Partial<RunConfig>): void {
  const config = { ...useRunSetup.getState().config, ...change };
  try {
    readRunConfig(config);
    useRunSetup.setState({ config, presetId: 'own', problem: undefined });
  } catch (error) {
    useRunSetup.setState({ config, presetId: 'own', problem: toProblem(error) });
  }
}

/** Starts from the settings of an earlier run, whatever version of Graft stored it. */
export function copyConfig(config: RunConfig): void {
  useRunSetup.setState({ config: readRunConfig(config), presetId: 'own', problem: undefined });
}
