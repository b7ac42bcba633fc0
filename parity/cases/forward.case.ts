/** The network's forward pass against transformers in float64: encoder states, position biases, logits and loss. */
import type * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../src/data/batch.ts';
import { purgePool } from '../../src/engine/memory.ts';
import { stackBias } from '../../src/engine/t5/attention.ts';
import { uploadBatch } from '../../src/engine/t5/batchTensors.ts';
import { inferencePass, type ForwardPass } from '../../src/engine/t5/forwardPass.ts';
import type { Stack } from '../../src/engine/t5/spec.ts';
import { encode, forward, loss } from '../../src/engine/t5/t5.ts';
import { disposeWeights } from '../../src/engine/weights.ts';
import { compareTensors, worstOf } from '../lib/compare.ts';
import { loadBatch, loadModel, readTensorOnce } from '../lib/models.ts';
import type { Line, ParityCase } from '../lib/parityCase.ts';

const TOLERANCE = 1e-4;

const forwardCase: ParityCase = {
  usesDevice: true,
  async *run(folder) {
    for (const name of await folder.json<string[]>('variants.json')) {
      const { config, weights } = await loadModel(folder, name);
      const batch = await loadBatch(folder, `${name}/batch.json`);
      const reference = await folder.tensors(`${name}/reference.safetensors`);
      const pass = inferencePass(config, weights);
      const compare = (label: string, key: string, ours: Float32Array): Line =>
        compareTensors(label, ours, reference.get(key)!, TOLERANCE);

      const states = await readTensorOnce(() => encodeBatch(pass, batch));
      const isToken = (_: number, i: number) => batch.inputMask[Math.floor(i / config.dModel)] === 1;
      yield compareTensors(
        `${name}, encoder states`,
        states.filter(isToken),
        reference.get('encoder_states')!.filter(isToken),
        TOLERANCE,
      );
      yield worstOf(`${name}, position biases`, await biasLines(pass, batch, reference));
      yield compare(
        `${name}, logits`,
        'logits',
        await readTensorOnce(() => forward(pass, uploadBatch(batch))),
      );
      yield compare(
        `${name}, loss`,
        'loss',
        await readTensorOnce(() => loss(pass, uploadBatch(batch), batch.labelTokenCount)),
      );
      disposeWeights(weights);
      purgePool(); // the next shape has no use for these buffers
    }
  },
};

export default forwardCase;

function encodeBatch(pass: ForwardPass, batch: Batch): tf.Tensor {
  const { inputIds, inputMask } = uploadBatch(batch);
  return encode(pass, inputIds, inputMask);
}

/** Our bias of a stack against that of each of its attentions; cross-attention has none, which is a bias of 0. */
async function biasLines(
  pass: ForwardPass,
  batch: Batch,
  reference: ReadonlyMap<string, Float32Array>,
): Promise<Line[]> {
  const lengths = { encoder: batch.inputLength, decoder: batch.labelLength };
  const ours = {
    encoder: await readTensorOnce(() => stackBias(pass, 'encoder', lengths.encoder)),
    decoder: await readTensorOnce(() => stackBias(pass, 'decoder', lengths.decoder)),
  };
  const found = [...reference.keys()].filter((key) => key.startsWith('bias.'));
  const { numLayers, numDecoderLayers } = pass.config;
  if (found.length !== numLayers + 2 * numDecoderLayers) throw new Error(`There are ${found.length} biases.`);
  return found.map((key) => {
    const stack: Stack = key.startsWith('bias.encoder') ? 'encoder' : 'decoder';
    const theirs = reference.get(key)!;
    const bias = key.endsWith('EncDecAttention') ? new Float32Array(theirs.length) : ours[stack];
    return compareTensors(key.slice('bias.'.length), bias, theirs, TOLERANCE);
  });
}
