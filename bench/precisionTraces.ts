/** Losses of the same run on a base in 32, 16 and 8 bits, computed when it is imported: see scripts/precisionTraces.mjs. */
import { readFileSync } from 'node:fs';
import { makeBatchSource } from '../src/data/batchSource.ts';
import { makeExamples } from '../src/data/examples.ts';
import { suggestTask } from '../src/data/mapping.ts';
import { tokenizeExamples } from '../src/data/tokenize.ts';
import { disposeWeights, weightBytes, type WeightPrecision } from '../src/engine/weights.ts';
import { bytesSource } from '../src/formats/byteSource.ts';
import { readTable } from '../src/formats/readTable.ts';
import { checkModel } from '../src/interop/huggingFace.ts';
import { uploadModel } from '../src/interop/uploadModel.ts';
import { openTestDevice } from '../src/test/webgpuDevice.ts';
import { readTokenizerJson } from '../src/tokenizer/readTokenizerJson.ts';
import { DEFAULT_RUN_CONFIG } from '../src/training/presets.ts';
import type { RunConfig } from '../src/training/runConfig.ts';
import { sft } from '../src/training/sft.ts';
import { openTrainables } from '../src/training/trainables.ts';

interface Trace {
  readonly base: string;
  readonly megabytes: number;
  readonly losses: readonly number[];
}

const steps = Number(process.argv[2] ?? 50);
const run: RunConfig = { ...DEFAULT_RUN_CONFIG, learningRate: 3e-3, batchSize: 4, saveSteps: 1e9 };
const bases: readonly [WeightPrecision, string][] = [
  ['f32', '32 bits'],
  ['auto', '16 bits'],
  ['i8', '8 bits'],
];

if ((await openTestDevice()) === null) throw new Error('This machine has no WebGPU for Node.');
const traces: Trace[] = [];
for (const [precision, base] of bases) traces.push({ base, ...(await traceOf(precision)) });

/** One row per base: its size, the first and last losses, and the furthest that any loss is from that of 32 bits. */
export const rows = traces.map(({ base, megabytes, losses }) => {
  const off = losses.map((loss, i) => Math.abs(loss / traces[0]!.losses[i]! - 1));
  const places = [1, Math.ceil(steps / 5), Math.ceil(steps / 2), steps];
  const shown = Object.fromEntries(places.map((step) => [`step ${step}`, losses[step - 1]!.toFixed(4)]));
  return { base, MB: megabytes.toFixed(1), ...shown, 'furthest off': Math.max(...off).toExponential(1) };
});

/** The default LoRA run of the starter on the sample of intents. */
async function traceOf(precision: WeightPrecision): Promise<Omit<Trace, 'base'>> {
  const model = await checkModel(
    ['config.json', 'model.safetensors'].map((name) => ({
      name,
      source: bytesSource(shipped(`models/starter/${name}`)),
    })),
  );
  const tokenizer = readTokenizerJson(shipped('models/starter/tokenizer.json').toString('utf8'));
  const table = await readTable('intents.csv', shipped('samples/intents.csv'));
  const { examples } = makeExamples(table, suggestTask(table.columns, table.rows));
  const { tokens } = await tokenizeExamples(examples, tokenizer, run);

  const weights = await uploadModel(model, precision);
  const { padTokenId: padId, decoderStartTokenId } = model.config;
  const trainables = openTrainables({ config: model.config, weights }, run);
  const batches = makeBatchSource(tokens, { ...run, padId, decoderStartTokenId, order: 'bucketed' });
  const losses: number[] = [];
  for await (const event of sft({ config: run, trainables, batches, totalSteps: steps, validation: null })) {
    if (event.kind === 'step') losses.push(event.metrics.loss);
  }
  const megabytes = weightBytes(weights) / 1e6;
  trainables.dispose();
  disposeWeights(weights);
  return { megabytes, losses };
}

function shipped(path: string): Buffer {
  return readFileSync(new URL(`../public/${path}`, import.meta.url));
}
