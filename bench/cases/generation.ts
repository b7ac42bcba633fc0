/** Greedy answers: tokens a second, for one prompt and for a batch. */
import * as tf from '@tensorflow/tfjs';
import { inferencePass } from '../../src/engine/t5/forwardPass.ts';
import { generate } from '../../src/engine/t5/generate.ts';
import { padPrompts } from '../../src/engine/t5/promptBatch.ts';
import { fullBatch } from '../../src/training/repeatedStep.ts';
import { openGpuDevice } from '../gpuDevice.ts';
import { alternate, type Variant } from '../alternate.ts';
import { askedShapes, type BatchShape } from '../askedShapes.ts';
import type { BenchOptions } from '../benchOptions.ts';
import { modelShapes, randomWeights, type ModelName } from '../models.ts';
import { plainGenerate } from '../peers/plainGenerate.ts';
import { compared, type BenchRow } from '../row.ts';
import { onStock } from '../stockWasm.ts';
import { openWasmDevice } from '../wasmDevice.ts';

/** The labels are what is written. */
interface Shape extends BatchShape {
  readonly model: ModelName;
}

/** Few tokens: what the peer takes grows with their square. */
const fullShapes: readonly Shape[] = [
  { model: 'starter', size: 1, inputLength: 64, labelLength: 8 },
  { model: 'starter', size: 4, inputLength: 64, labelLength: 8 },
];
const quickShapes: readonly Shape[] = [{ model: 'tiny', size: 2, inputLength: 8, labelLength: 4 }];

/** Rows of every shape. The peer decodes anew from the start for each token: stock operators have no cache of keys. */
export async function benchGeneration(options: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const shape of askedShapes(options.isQuick ? quickShapes : fullShapes, options)) {
    rows.push(await rowOf(shape, options));
  }
  return rows;
}

async function rowOf(shape: Shape, options: BenchOptions): Promise<BenchRow> {
  const { backend, turns } = options;
  const { model, size, inputLength, labelLength: newTokens } = shape;
  const device = backend === 'wasm' ? await openWasmDevice(options) : await openGpuDevice();
  const config = modelShapes[model];
  const weights = randomWeights(config);
  const { inputIds } = fullBatch(config, size, inputLength, 1);
  const prompts = Array.from({ length: size }, (_, row) =>
    inputIds.slice(row * inputLength, (row + 1) * inputLength),
  );
  const found = new Map<string, number[][]>();
  const variants: Variant[] = [
    {
      name: 'Graft',
      async run() {
        // No token ends an answer, so that all variants write the same number.
        const answers = await generate(inferencePass(config, weights), padPrompts(prompts), {
          maxNewTokens: newTokens,
          endIds: [],
        });
        found.set(
          'Graft',
          answers.map(({ ids }) => [...ids]),
        );
      },
    },
    {
      name: 'stock',
      async run() {
        const answers = await onStock(backend, () => plainGenerate(config, weights, prompts, newTokens));
        found.set('stock', answers);
      },
    },
  ];
  const times = await alternate(variants, turns);
  if (JSON.stringify(found.get('Graft')) !== JSON.stringify(found.get('stock'))) {
    throw new Error('Graft and stock tfjs wrote different tokens.');
  }
  tf.dispose([...weights.values()]);
  device.close();
  const rate = (name: string) => (1000 * size * newTokens) / times.get(name)!;
  const title = `generation, ${model} ${size}x${inputLength}, ${newTokens} new`;
  return compared(title, 'tokens/s', rate('Graft'), 'stock tfjs', rate('stock'));
}
