/** Measures the JavaScript of training steps when it is imported: see scripts/stepCost.mjs. */
import { readFileSync } from 'node:fs';
import { watchErrors } from '../src/engine/errorScopes.ts';
import { settlePool } from '../src/engine/memory.ts';
import { sumGradients } from '../src/engine/optim/gradients.ts';
import { openUpdater } from '../src/engine/optim/updater.ts';
import { backend } from '../src/engine/tfjsBackend.ts';
import { uploadBatch } from '../src/engine/t5/batchTensors.ts';
import { loss } from '../src/engine/t5/t5.ts';
import { DEFAULT_RUN_CONFIG } from '../src/training/presets.ts';
import { openTrainables } from '../src/training/trainables.ts';
import { openTestDevice } from '../src/test/webgpuDevice.ts';
import { fullBatch, modelShapes, randomWeights } from './models.ts';

interface Row {
  model: string;
  method: string;
  jsMs: number;
  dispatches: number;
  submits: number;
  bindGroupsMade: number;
  buffersMade: number;
}

/** Least time of `steps` steps in which commands are recorded and submitted, not run; and what a step makes. */
async function stepCosts([model = 'starter', steps = '12']: string[]): Promise<Row[]> {
  const device = await openTestDevice();
  if (device === null) throw new Error('This machine has no WebGPU for Node.');
  const rows: Row[] = [];
  const config = modelShapes[model as keyof typeof modelShapes];
  const weights = randomWeights(config);
  const batch = fullBatch(config, 1, 4, 4); // what runs on the GPU does not matter, only what is said to it
  for (const method of ['lora', 'full'] as const) {
    const run = { ...DEFAULT_RUN_CONFIG, method };
    const trainables = openTrainables({ config, weights }, run);
    const updater = openUpdater(trainables.states, 0);
    const variables = new Map([...trainables.states].map(([name, { parameter }]) => [name, parameter]));
    const { adapter } = trainables;
    const pass = {
      config,
      weights: trainables.weights,
      adapter: adapter === null ? null : { adapter, strength: 1, dropoutRate: 0 },
      dropoutRate: 0,
      seed: 0,
      recomputesBlocks: false,
    };
    const lossOf = () => loss(pass, uploadBatch(batch), batch.labelTokenCount);
    const times: number[] = [];
    const counts = { dispatches: 0, submits: 0, bindGroupsMade: 0, buffersMade: 0 };
    let stopCounting = (): void => undefined;
    for (let step = 1; step <= Number(steps); step++) {
      if (step === Number(steps)) stopCounting = count(counts); // counting costs time of its own
      const startedAt = threadMs();
      settlePool();
      const { result } = watchErrors(() =>
        updater.step(
          sumGradients(variables, lossOf, 1, (gradients) => updater.join(gradients)),
          { ...run, updateNumber: step },
        ),
      );
      times.push(threadMs() - startedAt);
      await result;
    }
    rows.push({ model, method, jsMs: Math.min(...times), ...counts });
    stopCounting();
    updater.dispose();
    trainables.dispose();
  }
  return rows;
}

/** Time this thread has had the processor: other programs and the GPU's own threads do not count. Linux. */
function threadMs(): number {
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}

type Counts = Pick<Row, 'dispatches' | 'submits' | 'bindGroupsMade' | 'buffersMade'>;

/** Counts from now until the returned function is called. */
function count(counts: Counts): () => void {
  const { device } = backend();
  const restore: (() => void)[] = [];
  const counted = (like: object, method: string, name: keyof Counts): void => {
    const target = Object.getPrototypeOf(like) as object;
    const original = Reflect.get(target, method) as (...args: unknown[]) => unknown;
    Reflect.set(target, method, function (this: unknown, ...args: unknown[]) {
      counts[name]++;
      return original.apply(this, args);
    });
    restore.push(() => Reflect.set(target, method, original));
  };
  counted(device.createCommandEncoder().beginComputePass(), 'dispatchWorkgroups', 'dispatches');
  counted(device.queue, 'submit', 'submits');
  counted(device, 'createBindGroup', 'bindGroupsMade');
  counted(device, 'createBuffer', 'buffersMade');
  return () => {
    for (const undo of restore) undo();
  };
}

export const rows = await stepCosts(process.argv.slice(2));
