/** Tries every claim of the proof on the open device with the loaded model. */
import type { Device } from '../engine/device.ts';
import { checkKernels } from '../engine/selfCheck/selfCheck.ts';
import type { OpVerdict } from '../engine/selfCheck/opVerdict.ts';
import { ProblemError, toProblem } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { forwardProof } from '../training/proof/forwardProof.ts';
import { frozenProof } from '../training/proof/frozenProof.ts';
import { gradientProof } from '../training/proof/gradientProof.ts';
import type { ProofId, ProofLine, ProofReport } from '../training/proof/proofReport.ts';
import { repeatProof } from '../training/proof/repeatProof.ts';
import { adapterProof } from './adapterProof.ts';
import type { LoadedModel } from './loadedModel.ts';
import { tokenizerProof, type TokenizerVectors } from './tokenizerProof.ts';

/** Random sizes tried of each kernel; a software adapter takes seconds to compile each. */
const SIZES_PER_KERNEL = 3;
const SIZES_ON_SOFTWARE = 1;

/** The whole report. `onLine` is told of every claim as soon as it is tried; a claim that throws has failed. */
export async function prove(
  device: Device,
  model: LoadedModel,
  { seed, vectors }: { seed: number; vectors: TokenizerVectors },
  job: Job,
  onLine: (line: ProofLine) => void,
): Promise<ProofReport> {
  const startedAt = performance.now();
  const lines: ProofLine[] = [];
  let kernels: OpVerdict[] = [];
  const attempts: readonly [ProofId, () => Promise<ProofLine>][] = [
    [
      'kernels',
      async () => {
        kernels = await checkKernels(seed, device.isSoftware ? SIZES_ON_SOFTWARE : SIZES_PER_KERNEL, job);
        return kernelLine(kernels, device);
      },
    ],
    ['forward', () => forwardProof(model, seed)],
    ['gradients', () => gradientProof(model, seed, job)],
    ['repeat', () => repeatProof(model, seed)],
    ['tokenizer', () => tokenizerProof(model.tokenizer, model.view.tokenizerJson, vectors)],
    ['adapter', () => adapterProof(model, seed)],
    ['frozen', () => frozenProof(model, seed, job)],
  ];
  for (const [id, attempt] of attempts) {
    job.signal?.throwIfAborted();
    job.onProgress?.({ phase: PHASES[id], done: lines.length, total: attempts.length, unit: 'claims' });
    const line = await attempt().catch((error: unknown) => failedLine(id, error, job));
    lines.push(line);
    onLine(line);
    const problem = device.problem();
    if (problem !== undefined) throw new ProblemError(problem);
  }
  return {
    deviceName: device.name,
    deviceKind: device.kind,
    modelId: model.view.id,
    modelName: model.view.name,
    seed,
    at: Date.now(),
    elapsedMs: performance.now() - startedAt,
    lines,
    kernels,
  };
}

const PHASES: Record<ProofId, string> = {
  kernels: 'Checking kernels',
  forward: 'Comparing with the processor',
  gradients: 'Checking gradients',
  repeat: 'Repeating a step',
  tokenizer: 'Checking the tokenizer',
  adapter: 'Writing and reading an adapter',
  frozen: 'Training three steps',
};

function kernelLine(kernels: readonly OpVerdict[], device: Device): ProofLine {
  const claim = 'Every kernel computes what its plain version does';
  if (kernels.length === 0) {
    return {
      id: 'kernels',
      claim,
      verdict: 'not tried',
      finding: `${device.name} runs the plain versions; there are no kernels to check.`,
    };
  }
  const faulty = kernels.filter(({ fault }) => fault !== undefined);
  const first = faulty[0];
  const error = Math.max(...kernels.map((kernel) => kernel.error));
  const opCount = new Set(kernels.map(({ op }) => op)).size;
  return {
    id: 'kernels',
    claim,
    verdict: first === undefined ? 'holds' : 'fails',
    finding:
      first === undefined
        ? `${opCount} operations at ${kernels.length} random sizes differ from plain tfjs by at most ${error.toExponential(1)} of the largest value, forward and backward.`
        : `${faulty.length} of ${kernels.length} cases are wrong, the first: ${first.op} (${first.sizes}), ${first.fault}.`,
    error,
  };
}

function failedLine(id: ProofId, error: unknown, { signal }: Job): ProofLine {
  signal?.throwIfAborted();
  return { id, claim: PHASES[id], verdict: 'fails', finding: toProblem(error).message };
}
