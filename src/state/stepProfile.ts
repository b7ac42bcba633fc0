/** The developer view's table: where the time of one training step goes. */
import { create } from 'zustand';
import type { KernelProfile } from '../engine/profile/kernelTimes.ts';
import { toProblem, type Problem } from '../lib/problem.ts';
import { engine } from '../workers/engineClient.ts';

export interface StepProfileState {
  isMeasuring: boolean;
  profile?: KernelProfile | undefined;
  problem?: Problem | undefined;
}

export const useStepProfile = create<StepProfileState>(() => ({ isMeasuring: false }));

/** Whether this visit asked for the developer view, by `?profile`. */
export function isDeveloperVisit(): boolean {
  return new URLSearchParams(location.search).has('profile');
}

/** Measures a step of the loaded model. */
export async function measureStep(): Promise<void> {
  useStepProfile.setState({ isMeasuring: true, problem: undefined });
  try {
    useStepProfile.setState({ profile: await engine().call('profileStep', {}) });
  } catch (error) {
    useStepProfile.setState({ problem: toProblem(error) });
  } finally {
    useStepProfile.setState({ isMeasuring: false });
  }
}
