/**
 * Errors of the GPU, caught around a piece of work. WebGPU does not throw: it reports later and goes on with wrong values,
 * so that what was computed since is worth nothing.
 */
import type { Problem } from '../lib/problem.ts';
import { isWebgpu, submitRecorded } from './runtime.ts';
import { backend } from './tfjsBackend.ts';

const filters = ['out-of-memory', 'validation', 'internal'] as const;
const reporters = new WeakMap<GPUDevice, (problem: Problem) => void>();

/** Tells `report` of every error that `watchErrors` catches on a device: it concerns all that use the device. */
export function reportErrors(device: GPUDevice, report: (problem: Problem) => void): void {
  reporters.set(device, report);
}

/**
 * Runs `work`, which records GPU commands without awaiting anything, and submits them. `problem` resolves to the first
 * error of these commands, or undefined; it waits for the device's answer, not for the commands to be finished.
 */
export function watchErrors<T>(work: () => T): { result: T; problem: Promise<Problem | undefined> } {
  if (!isWebgpu()) return { result: work(), problem: Promise.resolve(undefined) };
  submitRecorded(); // what came before has its own watchers
  const { device } = backend();
  for (const filter of filters) device.pushErrorScope(filter);
  let problem: Promise<Problem | undefined>;
  let result: T;
  try {
    result = work();
    submitRecorded();
  } finally {
    problem = firstOf(
      filters.map(() => device.popErrorScope()),
      (found) => reporters.get(device)?.(found),
    );
  }
  return { result, problem };
}

async function firstOf(
  scopes: readonly Promise<GPUError | null>[],
  report: (problem: Problem) => void,
): Promise<Problem | undefined> {
  // A lost device rejects or says nothing; its loss is reported elsewhere.
  const settled = await Promise.allSettled(scopes);
  for (const scope of settled) {
    if (scope.status === 'rejected' || scope.value === null) continue;
    const problem = errorProblem(scope.value);
    report(problem);
    return problem;
  }
  return undefined;
}

/** What an error of the GPU means for the person. */
export function errorProblem(error: GPUError): Problem {
  if (error instanceof GPUOutOfMemoryError) {
    return {
      code: 'gpu-out-of-memory',
      message: `The GPU ran out of memory: ${error.message}`,
      fix: 'Use a smaller batch size or a shorter maximum length, or close other programs that use the GPU.',
    };
  }
  return {
    code: 'gpu-error',
    message: `The GPU reported an error: ${error.message}`,
    fix: 'Resume from the last checkpoint; if it happens again, report it with this message.',
  };
}
