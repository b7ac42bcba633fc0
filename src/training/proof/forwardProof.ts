/** The model's scores on the device against the same network in plain tfjs on the processor. */
import * as tf from '@tensorflow/tfjs';
import { valueShape } from '../../engine/ops/packedMatrix/packedForm.ts';
import { readFresh } from '../../engine/runtime.ts';
import { uploadBatch } from '../../engine/t5/batchTensors.ts';
import type { T5Config } from '../../engine/t5/config.ts';
import { inferencePass } from '../../engine/t5/forwardPass.ts';
import { countParameters, tensorSpecs } from '../../engine/t5/spec.ts';
import { forward } from '../../engine/t5/t5.ts';
import { readWeight, type Weights } from '../../engine/weights.ts';
import type { BaseModel } from '../trainables.ts';
import { proofBatch } from './proofBatch.ts';
import type { ProofLine } from './proofReport.ts';

/** Largest difference of a score, as a share of the largest score. */
export const FORWARD_TOLERANCE = 1e-4;

/** Plain JavaScript does about this many parameters in a few seconds; of larger models only some blocks are compared. */
const MOST_PARAMETERS = 20e6;

/** Compares all scores of a small batch. Nobody else may use tfjs meanwhile: the backend is switched and back. */
export async function forwardProof(base: BaseModel, seed: number): Promise<ProofLine> {
  const backend = tf.getBackend();
  const claim = 'The network computes what its definition says';
  if (backend === 'cpu') {
    return { id: 'forward', claim, verdict: 'not tried', finding: 'This is the plain version itself.' };
  }
  const config = fewerBlocks(base.config);
  const batch = proofBatch(config, seed);
  const got = await scores(config, base.weights, batch);
  const values = new Map<string, { shape: number[]; values: Float32Array }>();
  for (const { name } of tensorSpecs(config)) {
    const tensor = base.weights.get(name)!;
    values.set(name, { shape: valueShape(tensor), values: await readWeight(tensor) });
  }
  let wanted: Float32Array;
  try {
    await tf.setBackend('cpu');
    const plain = new Map([...values].map(([name, w]) => [name, tf.tensor(w.values, w.shape, 'float32')]));
    wanted = await scores(config, plain, batch);
    tf.dispose([...plain.values()]);
  } finally {
    await tf.setBackend(backend);
  }
  let largest = 0;
  let difference = 0;
  for (const [i, value] of wanted.entries()) {
    largest = Math.max(largest, Math.abs(value));
    const off = Math.abs(value - got[i]!);
    difference = Number.isFinite(off) ? Math.max(difference, off) : Infinity;
  }
  const error = difference / Math.max(largest, 1e-12);
  const blocks =
    config.numLayers === base.config.numLayers
      ? 'all blocks'
      : `the first ${config.numLayers} of ${base.config.numLayers} blocks`;
  return {
    id: 'forward',
    claim,
    verdict: error <= FORWARD_TOLERANCE ? 'holds' : 'fails',
    finding: `${wanted.length} scores through ${blocks} differ from plain tfjs on the processor by at most ${error.toExponential(1)} of the largest.`,
    error,
    tolerance: FORWARD_TOLERANCE,
  };
}

async function scores(
  config: T5Config,
  weights: Weights,
  batch: ReturnType<typeof proofBatch>,
): Promise<Float32Array> {
  const logits = tf.tidy(() => forward(inferencePass(config, weights), uploadBatch(batch)));
  const values = await readFresh(logits);
  logits.dispose();
  return values;
}

function fewerBlocks(config: T5Config): T5Config {
  let found = config;
  while (countParameters(found) > MOST_PARAMETERS && found.numLayers > 1) {
    const half = Math.ceil(found.numLayers / 2);
    found = { ...found, numLayers: half, numDecoderLayers: Math.min(found.numDecoderLayers, half) };
  }
  return found;
}
