/**
 * The page of `measure.mjs`: fine-tunes the starter with Graft's own tokenizer, engine and training loop on the pairs that
 * `benchmarks.py --write` chose, and answers its test prompts.
 */
import type { Tensor } from '@tensorflow/tfjs';
import { collate, paddedLength } from '../../src/data/collate.ts';
import { tokenizeExamples } from '../../src/data/tokenize.ts';
import type { TokenSet } from '../../src/data/tokenSet.ts';
import { openDevice } from '../../src/engine/device.ts';
import { inferencePass, type ForwardPass } from '../../src/engine/t5/forwardPass.ts';
import { generate } from '../../src/engine/t5/generate.ts';
import { padPrompts } from '../../src/engine/t5/promptBatch.ts';
import { wasmFiles } from '../../src/engine/wasmFiles.ts';
import { uploadWeight } from '../../src/engine/weights.ts';
import { blobSource } from '../../src/formats/byteSource.ts';
import { checkModel, streamTensors } from '../../src/interop/huggingFace.ts';
import { readTokenizerJson } from '../../src/tokenizer/readTokenizerJson.ts';
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import { readRunConfig } from '../../src/training/readRunConfig.ts';
import { sft } from '../../src/training/sft.ts';
import { openTrainables, type BaseModel, type Trainables } from '../../src/training/trainables.ts';
import { devicePadMultiple } from '../../src/workers/devicePadMultiple.ts';

/** What `benchmarks.py --write` says of one benchmark and arm. */
interface Task {
  readonly steps: number;
  readonly batch: number;
  /** Longer test prompts lose their end. */
  readonly maxPromptTokens: number;
  readonly maxNewTokens: number;
  /** Fields of a RunConfig. */
  readonly config: object;
  /** [prompt, target] in the order of training, `steps` × `batch` of them. */
  readonly pairs: readonly (readonly [string, string])[];
  readonly prompts: readonly string[];
}

interface Answer {
  readonly outputs: readonly string[];
  /** Mean loss of the last tenth of the steps; null without training. */
  readonly loss: number | null;
  readonly trainingSeconds: number;
  readonly testSeconds: number;
}

declare global {
  /** Given by measure.mjs. */
  var reportStep: (step: number, loss: number) => Promise<void>;
  var measureTask: (backend: 'webgpu' | 'wasm', task: Task) => Promise<Answer>;
}

globalThis.measureTask = async (backend, task) => {
  const device = await openDevice(backend, { wasmPaths: wasmFiles });
  try {
    const [base, tokenizer] = await loadStarter();
    const startedAt = performance.now();
    const trainables = task.steps > 0 ? openTrainables(base, readRunConfig(task.config)) : null;
    const loss = trainables === null ? null : await train(trainables, tokenizer, task);
    const trainedAt = performance.now();
    const pass =
      trainables === null
        ? inferencePass(base.config, base.weights)
        : inferencePass(base.config, trainables.weights, trainables.adapter);
    const outputs = await answer(pass, tokenizer, task);
    const problem = device.problem();
    if (problem !== undefined) throw new Error(problem.message);
    return {
      outputs,
      loss,
      trainingSeconds: (trainedAt - startedAt) / 1000,
      testSeconds: (performance.now() - trainedAt) / 1000,
    };
  } finally {
    device.close();
  }
};

async function loadStarter(): Promise<[BaseModel, Tokenizer]> {
  const file = async (name: string) => {
    const response = await fetch(`../model/${name}`);
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    return response;
  };
  const names = ['config.json', 'model.safetensors'];
  const files = names.map(async (name) => ({ name, source: blobSource(await (await file(name)).blob()) }));
  const model = await checkModel(await Promise.all(files));
  const weights = new Map<string, Tensor>();
  await streamTensors(model, (name, shape, values) => {
    weights.set(name, uploadWeight(shape, values));
  });
  const tokenizer = readTokenizerJson(await (await file('tokenizer.json')).text());
  return [{ config: model.config, weights }, tokenizer];
}

/** Trains on the pairs in their order; returns the mean loss of the last tenth of the steps. */
async function train(trainables: Trainables, tokenizer: Tokenizer, task: Task): Promise<number> {
  const config = readRunConfig(task.config);
  const examples = task.pairs.map(([prompt, target], rowIndex) => ({ rowIndex, prompt, target }));
  const { tokens } = await tokenizeExamples(examples, tokenizer, config);
  const { padTokenId: padId, decoderStartTokenId } = trainables.model;
  let next = 0;
  const recipe = sft({
    config,
    trainables,
    totalSteps: task.steps,
    validation: null,
    batches: {
      stepsPerEpoch: task.steps,
      nextStep() {
        const first = next++ * task.batch;
        const rows = Array.from({ length: task.batch }, (_, i) => first + i);
        return partsOf(rows, tokens).map((part) =>
          collate(tokens, part, { padId, decoderStartTokenId, padMultiple: devicePadMultiple() }),
        );
      },
      epochAfter: (step) => step / task.steps,
      state: () => ({ seed: 0, epoch: 0, position: next }),
    },
  });
  const losses: number[] = [];
  for (;;) {
    const { done, value } = await recipe.next();
    if (done === true) break;
    if (value.kind !== 'step') continue;
    losses.push(value.metrics.loss);
    await globalThis.reportStep(value.metrics.step, value.metrics.loss);
  }
  const tail = losses.slice(-Math.max(1, Math.floor(task.steps / 10)));
  return tail.reduce((sum, loss) => sum + loss, 0) / tail.length;
}

/** The rows of a step in parts of like length. Their gradients add up to those of the whole step, with less padding. */
function partsOf(rows: readonly number[], { inputOffsets, labelOffsets }: TokenSet): number[][] {
  const length = (i: number): number =>
    inputOffsets[i + 1]! - inputOffsets[i]! + labelOffsets[i + 1]! - labelOffsets[i]!;
  const sorted = rows.toSorted((a, b) => length(a) - length(b));
  const size = Math.max(8, Math.ceil(rows.length / 4));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
    sorted.slice(i * size, (i + 1) * size),
  );
}

/** Greedy answers, in the order of the prompts; prompts of like length share a batch. */
async function answer(pass: ForwardPass, tokenizer: Tokenizer, task: Task): Promise<string[]> {
  const ids = task.prompts.map((prompt) => cut(tokenizer.encode(prompt), task.maxPromptTokens));
  const order = [...ids.keys()].sort((a, b) => ids[a]!.length - ids[b]!.length);
  const outputs: string[] = [];
  for (let first = 0; first < order.length; first += task.batch) {
    const group = order.slice(first, first + task.batch);
    const prompts = group.map((i) => ids[i]!);
    const inputLength = paddedLength(Math.max(...prompts.map(({ length }) => length)), devicePadMultiple());
    const rows = await generate(pass, padPrompts(prompts, inputLength), { maxNewTokens: task.maxNewTokens });
    for (const [at, i] of group.entries()) {
      outputs[i] = tokenizer.decode(rows[at]!.ids, { skipSpecialTokens: true }).trim();
    }
  }
  return outputs;
}

/** The first `limit` tokens, the last of them </s>. */
function cut(ids: Int32Array, limit: number): Int32Array {
  if (ids.length <= limit) return ids;
  const kept = ids.slice(0, limit);
  kept[limit - 1] = ids.at(-1)!;
  return kept;
}
