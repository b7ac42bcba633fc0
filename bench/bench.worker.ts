/** Runs one case of the bench in a worker, as the page runs its engine. Messages: one request in, one answer out. */
import type { BenchOptions } from './benchOptions.ts';
import { benchBlock } from './cases/block.ts';
import { benchGeneration } from './cases/generation.ts';
import { benchIssue } from './cases/issue.ts';
import { benchKernels } from './cases/kernels.ts';
import { benchMatmul } from './cases/matmul.ts';
import { benchMemory } from './cases/memory.ts';
import { benchProfile } from './cases/profile.ts';
import { benchStep } from './cases/step.ts';
import { benchTokens } from './cases/tokens.ts';
import type { BenchRow } from './row.ts';

const cases: Record<string, (options: BenchOptions) => Promise<BenchRow[]>> = {
  matmul: benchMatmul,
  kernels: benchKernels,
  block: benchBlock,
  step: benchStep,
  issue: benchIssue,
  generation: benchGeneration,
  tokens: benchTokens,
  memory: benchMemory,
  profile: benchProfile,
};

export interface BenchRequest {
  readonly name: string;
  readonly options: BenchOptions;
}

export type BenchAnswer = { readonly rows: BenchRow[] } | { readonly error: string };

// A worker's own postMessage; the types know only a window's.
const port = globalThis as unknown as { postMessage(message: BenchAnswer, transfer: []): void };

globalThis.addEventListener('message', ({ data }: MessageEvent<BenchRequest>) => {
  void answer(data).then((message) => port.postMessage(message, []));
});

async function answer({ name, options }: BenchRequest): Promise<BenchAnswer> {
  const run = cases[name];
  if (run === undefined) return { error: `There is no case "${name}".` };
  try {
    return { rows: await run(options) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
