/** Loss and gradients of full training against PyTorch in float64; accumulated ones against those of the whole batch. */
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../src/data/batch.ts';
import { purgePool } from '../../src/engine/memory.ts';
import { sumGradients } from '../../src/engine/optim/gradients.ts';
import { readFresh } from '../../src/engine/runtime.ts';
import { uploadBatch } from '../../src/engine/t5/batchTensors.ts';
import { inferencePass } from '../../src/engine/t5/forwardPass.ts';
import { loss } from '../../src/engine/t5/t5.ts';
import { copyToVariable } from '../../src/engine/weights.ts';
import { compareTensors, worstOf } from '../lib/compare.ts';
import type { TensorFile } from '../lib/folder.ts';
import { cutBatch, loadBatch, loadModel } from '../lib/models.ts';
import type { Line, ParityCase } from '../lib/parityCase.ts';

const TOLERANCE = 1e-4;

interface Variant {
  readonly name: string;
  /** `masked`: padding is not learned; `counted`: it is, as in the well-known lab. */
  readonly batches: readonly ('masked' | 'counted')[];
}

const gradients: ParityCase = {
  usesDevice: true,
  async *run(folder) {
    for (const { name, batches } of await folder.json<Variant[]>('variants.json')) {
      const { config, weights } = await loadModel(folder, name);
      const variables = new Map<string, tf.Variable>();
      for (const [key, tensor] of weights) {
        variables.set(key, copyToVariable(tensor));
        tensor.dispose();
      }
      const pass = inferencePass(config, variables);
      for (const label of batches) {
        const batch = await loadBatch(folder, `${name}/${label}.json`);
        const reference = await folder.openTensors(`${name}/${label}.safetensors`);
        const padding = label === 'masked' ? 'padding masked' : 'padding counted';
        const lossOf = (part: Batch) => loss(pass, uploadBatch(part), batch.labelTokenCount);
        const whole = sumGradients(variables, () => lossOf(batch), 1);
        yield* await linesOf(`${name}, ${padding}`, whole, reference);
        if (label === 'counted') continue; // without masks, shorter parts are other inputs
        const parts = cutBatch(batch);
        const summed = sumGradients(variables, (i) => lossOf(parts[i]!), parts.length);
        yield* await linesOf(`${name}, ${parts.length} accumulated batches`, summed, reference);
      }
      tf.dispose([...variables.values()]);
      purgePool(); // the next shape has no use for these buffers
    }
  },
};

export default gradients;

/** Loss, and the gradient that is furthest off its reference; frees ours. */
async function linesOf(
  name: string,
  { loss: value, gradients: found }: ReturnType<typeof sumGradients>,
  reference: TensorFile,
): Promise<Line[]> {
  const lines: Line[] = [];
  const unknown = [...found.keys()].filter((key) => !reference.names.includes(key));
  if (unknown.length > 0) throw new Error(`The reference has no gradients of ${unknown.join(', ')}.`);
  if (found.size + 1 !== reference.names.length) throw new Error(`${name}: only ${found.size} gradients.`);
  for (const [key, gradient] of found) {
    lines.push(compareTensors(key, await readFresh(gradient), await reference.read(key), TOLERANCE));
    gradient.dispose();
  }
  const lossLine = compareTensors(
    `${name}, loss`,
    await readFresh(value),
    await reference.read('loss'),
    TOLERANCE,
  );
  value.dispose();
  return [lossLine, worstOf(`${name}, gradients`, lines)];
}
