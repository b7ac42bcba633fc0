/** The proof: what was tried on this device with this model, and what came of it. */
import { create } from 'zustand';
import { ProblemError, toProblem, type Problem } from '../lib/problem.ts';
import type { Progress } from '../lib/progress.ts';
import { loadSetting, saveSetting } from '../storage/records.ts';
import type { ProofLine, ProofReport } from '../training/proof/proofReport.ts';
import { engine } from '../workers/engineClient.ts';
import { isAbort } from '../workers/rpc.ts';
import type { TokenizerVectors } from '../workers/tokenizerProof.ts';
import { ensureDevice } from './device.ts';
import { loadStarter, useModels } from './models.ts';
import { logRequest } from './requests.ts';
import { keepProof, shownRun, useRuns } from './runs.ts';
import { isProofOf } from './runStamp.ts';
import { openSheet } from './settings.ts';

export interface ProofState {
  status: 'idle' | 'running';
  progress?: Progress | undefined;
  problem?: Problem | undefined;
  /** Claims tried so far while one is running. */
  lines: readonly ProofLine[];
  /** The last whole proof. */
  report?: ProofReport | undefined;
}

export const useProof = create<ProofState>(() => ({ status: 'idle', lines: [] }));

let proving: AbortController | undefined;

/** Tries every claim on the open device with the loaded model; loads the starter model where there is none. */
export async function makeProof(): Promise<void> {
  if (proving !== undefined) return;
  const controller = new AbortController();
  proving = controller;
  useProof.setState({ status: 'running', lines: [], problem: undefined, progress: undefined });
  try {
    await ensureDevice();
    if (useModels.getState().model === undefined && !(await loadStarter())) {
      throw new ProblemError(
        useModels.getState().problem ?? {
          code: 'no-model',
          message: 'No model is loaded.',
          fix: 'Load one under Model.',
        },
      );
    }
    const report = await engine().call(
      'prove',
      { seed: Math.floor(Math.random() * 2 ** 31), vectors: await tokenizerVectors() },
      { signal: controller.signal, onProgress: (progress) => useProof.setState({ progress }) },
    );
    useProof.setState({ report, lines: report.lines });
    await saveSetting('proof', report);
    const run = shownRun(useRuns.getState());
    if (run !== undefined) await stampRun(run.id);
  } catch (error) {
    if (!isAbort(error)) useProof.setState({ problem: toProblem(error) });
  } finally {
    proving = undefined;
    useProof.setState({ status: 'idle', progress: undefined });
  }
}

/** Stops a proof; what was tried so far stays on show. */
export function cancelProof(): void {
  proving?.abort();
}

/** A claim was tried. */
export function takeProofLine(line: ProofLine): void {
  useProof.setState(({ lines }) => ({ lines: [...lines, line] }));
}

/** Keeps the last proof with a run of the same device and model; one that was there when the run ended stays. */
export async function stampRun(runId: string): Promise<void> {
  const { report } = useProof.getState();
  const run = useRuns.getState().runs.find(({ id }) => id === runId);
  if (report === undefined || run === undefined || !isProofOf(report, run)) return;
  if (run.proof === undefined || run.status === 'running') await keepProof(runId, report);
}

/** Brings the last proof back after a reload. */
export async function restoreProof(): Promise<void> {
  const report = (await loadSetting('proof')) as ProofReport | undefined;
  if (report !== undefined) useProof.setState({ report, lines: report.lines });
}

/** `?proof` in the address opens the panel and starts. */
export async function openFromAddress(): Promise<void> {
  if (!new URLSearchParams(location.search).has('proof')) return;
  openSheet('proof');
  await makeProof();
}

async function tokenizerVectors(): Promise<TokenizerVectors> {
  const url = new URL('./proof/tokenizer-vectors.json', location.href);
  const response = await fetch(url);
  if (!response.ok) {
    throw new ProblemError({
      code: 'vectors-missing',
      message: `The reference token ids could not be loaded (${response.status}).`,
      fix: 'Check that Graft was built and served whole, then reload.',
    });
  }
  const text = await response.text();
  logRequest({ url: url.pathname, bytesDown: text.length, bytesUp: 0 });
  return JSON.parse(text) as TokenizerVectors;
}
