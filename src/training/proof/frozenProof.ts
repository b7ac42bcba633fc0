/** A few real LoRA steps, with the base model's fingerprint before and after. */
import type { BatchSource } from '../../data/batchSource.ts';
import type { Job } from '../../lib/progress.ts';
import { PRESETS } from '../presets.ts';
import type { RunConfig } from '../runConfig.ts';
import { sft } from '../sft.ts';
import { openTrainables, readParameters, type BaseModel } from '../trainables.ts';
import { proofBatch } from './proofBatch.ts';
import type { ProofLine } from './proofReport.ts';
import { weightsHash } from './weightsHash.ts';

const STEPS = 3;
const { config: quick } = PRESETS.find(({ id }) => id === 'quick')!;

/** Trains an adapter that is thrown away; the adapter must change and the base must not. */
export async function frozenProof(base: BaseModel, seed: number, job: Job): Promise<ProofLine> {
  const claim = 'LoRA leaves the base model as it was';
  const config: RunConfig = { ...quick, seed, maxSteps: STEPS, saveSteps: STEPS + 1, evalSteps: STEPS + 1 };
  const before = await weightsHash(base.weights);
  const trainables = openTrainables(base, config);
  try {
    const start = await readParameters(trainables);
    const run = sft({
      config,
      trainables,
      batches: oneBatch(base, seed),
      totalSteps: STEPS,
      validation: null,
    });
    const losses: number[] = [];
    for await (const event of run) {
      job.signal?.throwIfAborted();
      if (event.kind === 'step') losses.push(event.metrics.loss);
      job.onProgress?.({ phase: 'Training three steps', done: losses.length, total: STEPS, unit: 'steps' });
    }
    const end = await readParameters(trainables);
    const changed = [...end].filter(
      ([name, { values }]) => !areEqual(values, start.get(name)!.values),
    ).length;
    const after = await weightsHash(base.weights);
    const holds = before === after && changed > 0;
    return {
      id: 'frozen',
      claim,
      verdict: holds ? 'holds' : 'fails',
      finding:
        changed === 0
          ? `${STEPS} LoRA steps changed no adapter tensor at all.`
          : `${STEPS} LoRA steps changed ${changed} of ${end.size} adapter tensors; the base's SHA-256 is ${before.slice(0, 12)}… before and ${after.slice(0, 12)}… after.`,
    };
  } finally {
    trainables.dispose();
  }
}

function oneBatch({ config }: BaseModel, seed: number): BatchSource {
  const batch = proofBatch(config, seed);
  return {
    nextStep: () => [batch],
    stepsPerEpoch: 1,
    epochAfter: (step) => step,
    state: () => {
      throw new Error('The proof keeps no checkpoint.');
    },
  };
}

function areEqual(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
