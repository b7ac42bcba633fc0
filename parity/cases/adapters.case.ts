/** Adapters against peft in float64: read, run, trained, merged, and written for peft to read. */
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../../src/data/batch.ts';
import {
  disposeAdapter,
  readAdapter,
  uploadAdapter,
  type Adapter,
} from '../../src/engine/adapters/adapter.ts';
import type { AdapterSnapshot } from '../../src/engine/adapters/adapterPlan.ts';
import { initAdapter } from '../../src/engine/adapters/initAdapter.ts';
import { mergeAdapter } from '../../src/engine/adapters/mergeAdapter.ts';
import { planIa3, planLora, planPrompt } from '../../src/engine/adapters/planAdapter.ts';
import { purgePool } from '../../src/engine/memory.ts';
import { sumGradients } from '../../src/engine/optim/gradients.ts';
import type { T5Config } from '../../src/engine/t5/config.ts';
import { uploadBatch } from '../../src/engine/t5/batchTensors.ts';
import { inferencePass, type ForwardPass } from '../../src/engine/t5/forwardPass.ts';
import { forward, loss } from '../../src/engine/t5/t5.ts';
import { disposeWeights, weight, type Weights } from '../../src/engine/weights.ts';
import { writeSafetensors, type TensorValues } from '../../src/formats/safetensors.ts';
import { readPeftAdapter, writePeftAdapter } from '../../src/interop/peft.ts';
import { makePrng } from '../../src/lib/prng.ts';
import { compareCounts, compareTensors, worstOf } from '../lib/compare.ts';
import type { Folder } from '../lib/folder.ts';
import { cutBatch, loadBatch, loadModel, readTensorOnce } from '../lib/models.ts';
import type { Line, ParityCase } from '../lib/parityCase.ts';

const TOLERANCE = 1e-4;
const MERGED_TOLERANCE = 1e-5;

interface Variant {
  name: string;
  methods: string[];
}

/** A base model with what belongs to it. */
interface Base {
  name: string;
  config: T5Config;
  weights: Weights;
  /** For what we write. */
  batch: Batch;
}

const adapters: ParityCase = {
  usesDevice: true,
  async *run(folder, { seed }) {
    for (const { name, methods } of await folder.json<Variant[]>('variants.json')) {
      const batch = await loadBatch(folder, `${name}/batch.json`);
      const base: Base = { name, batch, ...(await loadModel(folder, name)) };
      for (const method of methods) {
        const { lines, snapshot } = await readMethod(folder, base, method);
        yield* lines;
        await writeMethod(folder, base, method, shaken(snapshot, seed));
      }
      for (const [method, fresh] of freshAdapters(base.config, seed)) {
        await writeMethod(folder, base, `${method}, fresh`, await moved(fresh, base.weights, seed));
      }
      disposeWeights(base.weights);
      purgePool();
    }
  },
};

export default adapters;

/** Reads what peft wrote and compares all that follows from it. */
async function readMethod(
  folder: Folder,
  { name, config, weights }: Base,
  method: string,
): Promise<{ lines: Line[]; snapshot: AdapterSnapshot }> {
  const path = `${name}/${method}`;
  const files = ['adapter_config.json', 'adapter_model.safetensors'].map(async (file) => ({
    name: file,
    source: await folder.source(`${path}/${file}`),
  }));
  const { snapshot, report } = await readPeftAdapter(await Promise.all(files), config);
  const reference = await folder.tensors(`${path}/reference.safetensors`);
  const batch = await loadBatch(folder, `${path}/batch.json`);
  // The same rows without attention mask, padding being a label like any other: as the well-known lab trains.
  const counted = await loadBatch(folder, `${path}/counted.json`);
  const adapter = uploadAdapter(snapshot, weights);
  const pass = inferencePass(config, weights, adapter);
  const label = `${name}, ${method}`;
  const lines = [
    compareCounts(`${label}: keys not matched`, report.missing.length + report.unexpected.length, 0),
    compareTensors(`${label}: logits`, await logitsOf(pass, batch), reference.get('logits')!, TOLERANCE),
    await gradientLine(`${label}: loss and gradients`, adapter, pass, [batch], { reference, prefix: '' }),
    await gradientLine(`${label}: accumulated`, adapter, pass, cutBatch(batch), { reference, prefix: '' }),
    await gradientLine(`${label}: padding counted`, adapter, pass, [counted], {
      reference,
      prefix: 'counted ',
    }),
    ...(await mergedLines(label, { config, weights, batch }, adapter, reference)),
  ];
  disposeAdapter(adapter);
  return { lines, snapshot };
}

async function logitsOf(pass: ForwardPass, batch: Batch): Promise<Float32Array> {
  return readTensorOnce(() => forward(pass, uploadBatch(batch)));
}

/** Loss and gradients over the parts of a batch, against those of the whole one. */
async function gradientLine(
  label: string,
  { variables }: Adapter,
  pass: ForwardPass,
  parts: readonly Batch[],
  { reference, prefix }: { reference: ReadonlyMap<string, Float32Array>; prefix: '' | 'counted ' },
): Promise<Line> {
  const labelCount = parts.reduce((sum, part) => sum + part.labelTokenCount, 0);
  const lossOf = (i: number) => loss(pass, uploadBatch(parts[i]!), labelCount);
  const { loss: value, gradients } = sumGradients(variables, lossOf, parts.length);
  const wanted = [...reference.keys()].filter((key) => key.startsWith(`${prefix}gradient.`));
  if (wanted.length !== gradients.size) {
    throw new Error(`${label}: ${gradients.size} gradients instead of ${wanted.length}.`);
  }
  const lossValue = await readTensorOnce(() => value);
  const lines = [compareTensors('loss', lossValue, reference.get(`${prefix}loss`)!, TOLERANCE)];
  for (const [key, gradient] of gradients) {
    const theirs = reference.get(`${prefix}gradient.${key}`);
    if (theirs === undefined) throw new Error(`${label}: the reference has no gradient of ${key}.`);
    lines.push(compareTensors(key, await readTensorOnce(() => gradient), theirs, TOLERANCE));
  }
  return worstOf(label, lines);
}

async function mergedLines(
  label: string,
  { config, weights, batch }: Pick<Base, 'config' | 'weights' | 'batch'>,
  adapter: Adapter,
  reference: ReadonlyMap<string, Float32Array>,
): Promise<Line[]> {
  if (adapter.plan.kind === 'prompt-tuning') return []; // changes no weight
  const { weights: merged, mergedOnly } = mergeAdapter(weights, adapter);
  const lines: Line[] = [];
  for (const [key, theirs] of reference) {
    if (!key.startsWith('merged.')) continue;
    const name = key.slice('merged.'.length);
    lines.push(
      compareTensors(
        name,
        await readTensorOnce(() => tf.clone(weight(merged, name))),
        theirs,
        MERGED_TOLERANCE,
      ),
    );
  }
  const ours = await logitsOf(inferencePass(config, merged), batch);
  for (const name of mergedOnly) merged.get(name)!.dispose();
  return [
    worstOf(`${label}: merged weights`, lines),
    compareTensors(`${label}: merged logits`, ours, reference.get('merged logits')!, TOLERANCE),
  ];
}

/** Writes an adapter as the page does, and the logits that we compute with it. */
async function writeMethod(
  folder: Folder,
  { name, config, weights, batch }: Base,
  method: string,
  snapshot: AdapterSnapshot,
): Promise<void> {
  const path = `ours/${name}/${method}`;
  const files = writePeftAdapter(snapshot, { baseModelName: name, name: method, config });
  for (const [file, bytes] of files) await folder.write(`${path}/${file}`, bytes);
  const adapter = uploadAdapter(snapshot, weights);
  const logits = await logitsOf(inferencePass(config, weights, adapter), batch);
  disposeAdapter(adapter);
  const tensors = new Map([['logits', { shape: [logits.length], values: logits }]]);
  await folder.write(`${path}/logits.safetensors`, writeSafetensors(tensors));
}

/** The same adapter with other values: nothing of what peft wrote can pass for ours. */
function shaken({ plan, tensors }: AdapterSnapshot, seed: number): AdapterSnapshot {
  const prng = makePrng(seed);
  const shake = ({ shape, values }: TensorValues) => ({
    shape,
    values: values.map((value) => value * (1 + 0.2 * prng.normal())),
  });
  return { plan, tensors: new Map([...tensors].map(([name, values]) => [name, shake(values)])) };
}

/** Adapters as a run starts them, of every method that the page offers. */
function freshAdapters(config: T5Config, seed: number): [string, AdapterSnapshot][] {
  const lora = { r: 4, alpha: 8, dropout: 0.1, targets: ['q', 'v', 'wo'] };
  const plans = {
    LoRA: planLora(config, lora),
    rsLoRA: planLora(config, { ...lora, isRankStabilised: true }),
    DoRA: planLora(config, { ...lora, usesDora: true }),
    modules_to_save: planLora(config, { ...lora, savedModules: ['lm_head', 'final_layer_norm'] }),
    IA3: planIa3(config, { targets: ['k', 'v', 'wo'] }),
    'prompt tuning': planPrompt(config, 5, null),
  };
  return Object.entries(plans).map(([name, plan]) => [name, initAdapter(plan, seed)]);
}

/** A fresh adapter with all that starts from the model, moved off its start so that it changes something. */
async function moved(fresh: AdapterSnapshot, weights: Weights, seed: number): Promise<AdapterSnapshot> {
  const adapter = uploadAdapter(fresh, weights);
  const { plan, tensors } = await readAdapter(adapter);
  disposeAdapter(adapter);
  const prng = makePrng(seed + 1);
  const move = ({ shape, values }: TensorValues) => ({
    shape,
    values: values.map((value) => value + 0.05 * prng.normal()),
  });
  return { plan, tensors: new Map([...tensors].map(([name, values]) => [name, move(values)])) };
}
