/** A random adapter, written as PEFT's zip and read again: the same numbers, and the same scores. */
import { disposeAdapter, uploadAdapter } from '../engine/adapters/adapter.ts';
import { initAdapter } from '../engine/adapters/initAdapter.ts';
import { planLora } from '../engine/adapters/planAdapter.ts';
import { probeLogits } from '../engine/probeLogits.ts';
import { inferencePass } from '../engine/t5/forwardPass.ts';
import { loraModules } from '../engine/t5/spec.ts';
import { unzipFiles, zipFiles } from '../interop/adapterZip.ts';
import { readPeftAdapter, writePeftAdapter } from '../interop/peft.ts';
import { largestDifference } from '../lib/differences.ts';
import { deriveSeed, makePrng } from '../lib/prng.ts';
import type { ProofLine } from '../training/proof/proofReport.ts';
import type { LoadedModel } from './loadedModel.ts';

const PROBE_IDS = Int32Array.from({ length: 16 }, (_, i) => 3 + 5 * i);

/** LoRA of rank 4 on every linear layer with random matrices, out through the file and in again. */
export async function adapterProof(model: LoadedModel, seed: number): Promise<ProofLine> {
  const claim = 'An adapter survives its file';
  const plan = planLora(model.config, {
    r: 4,
    alpha: 8,
    dropout: 0,
    targets: loraModules(model.config),
  });
  const fresh = initAdapter(plan, seed);
  const random = makePrng(deriveSeed(seed, 'adapter proof'));
  // A fresh adapter changes nothing: its second matrices are zero.
  const tensors = new Map(
    [...fresh.tensors].map(([name, { shape, values }]) => [
      name,
      { shape, values: values.map((value) => (value === 0 ? 0.02 * random.normal() : value)) },
    ]),
  );
  const snapshot = { ...fresh, tensors };
  const zip = await zipFiles(
    writePeftAdapter(snapshot, { baseModelName: model.view.name, name: 'proof', config: model.config }),
  );
  const read = await readPeftAdapter(await unzipFiles(zip, 'proof.zip'), model.config);
  const here = uploadAdapter(snapshot, model.weights);
  const there = uploadAdapter(read.snapshot, model.weights);
  try {
    const base = await probeLogits(inferencePass(model.config, model.weights), PROBE_IDS);
    const before = await probeLogits(inferencePass(model.config, model.weights, here), PROBE_IDS);
    const after = await probeLogits(inferencePass(model.config, model.weights, there), PROBE_IDS);
    const error = largestDifference(before.logits, after.logits);
    const effect = largestDifference(base.logits, before.logits);
    const holds = error === 0 && effect > 0;
    return {
      id: 'adapter',
      claim,
      verdict: holds ? 'holds' : 'fails',
      finding: `${tensors.size} tensors through a zip of ${Math.round(zip.length / 1024)} kB; scores before and after differ by ${error === 0 ? 'nothing' : error.toExponential(1)} (the adapter itself moves them by up to ${effect.toPrecision(2)}).`,
      error,
      tolerance: 0,
    };
  } finally {
    disposeAdapter(here);
    disposeAdapter(there);
  }
}
