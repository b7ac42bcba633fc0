/** Measures the JavaScript of training steps when it is imported: see scripts/stepCost.mjs. */
import { readFileSync } from 'node:fs';
import { watchErrors } from '../src/engine/errorScopes.ts';
import { openSteps, type MicroBatch } from '../src/engine/optim/steps.ts';
import { backend } from '../src/engine/tfjsBackend.ts';
import { uploadBatch } from '../src/engine/t5/batchTensors.ts';
import type { T5Config } from '../src/engine/t5/config.ts';
import { loss } from '../src/engine/t5/t5.ts';
import { DEFAULT_RUN_CONFIG } from '../src/training/presets.ts';
import { openTrainables } from '../src/training/trainables.ts';
import { openTestDevice } from '../src/test/webgpuDevice.ts';
import { fullBatch, modelShapes, randomWeights } from './models.ts';

interface Row {
  model: string;
  method: string;
  replays: boolean;
  jsMs: number;
  dispatches: number;
  submits: number;
  bindGroupsMade: number;
  buffersMade: number;
}

/** Steps before the measured ones: two to record, and one in which buffers move. */
const warmUpSteps = 4;
const dropoutRate = 0.1;
/** Widths hardly matter to what LoRA says to the GPU, and large weights take long to make. */
const narrow = { dModel: 64, dFf: 64, numHeads: 2, dKv: 16, vocabSize: 512 };

/** Median time of steps in which commands are recorded and submitted, not run; and what such a step makes. */
async function stepCosts([
  model = 'starter',
  steps = '9',
  methods = 'lora,full',
  width = 'wide',
]: string[]): Promise<Row[]> {
  const device = await openTestDevice();
  if (device === null) throw new Error('This machine has no WebGPU for Node.');
  const rows: Row[] = [];
  const shape: T5Config = modelShapes[model as keyof typeof modelShapes];
  const config = width === 'narrow' ? { ...shape, ...narrow } : shape;
  const weights = randomWeights(config);
  const batch = fullBatch(config, 1, 4, 4); // what runs on the GPU does not matter, only what is said to it
  for (const method of methods.split(',') as ('lora' | 'full')[]) {
    const run = { ...DEFAULT_RUN_CONFIG, method };
    const trainables = openTrainables({ config, weights }, run);
    const { adapter } = trainables;
    const microBatch = (seed: number): MicroBatch => ({
      key: 'the only shape',
      inputs: {
        arrays: [batch.inputIds, batch.inputMask, batch.decoderInputIds, batch.labels],
        seeds: [seed],
      },
      loss() {
        const pass = {
          config,
          weights: trainables.weights,
          adapter: adapter === null ? null : { adapter, strength: 1, dropoutRate },
          dropoutRate,
          seed,
          recomputesBlocks: false,
        };
        return loss(pass, uploadBatch(batch), batch.labelTokenCount);
      },
    });
    for (const replays of [false, true]) {
      const stepper = openSteps(trainables.states, { updates: 0, weights: trainables.weights, replays });
      const times: number[] = [];
      const counts = { dispatches: 0, submits: 0, bindGroupsMade: 0, buffersMade: 0 };
      let stopCounting = (): void => undefined;
      const lastStep = warmUpSteps + Number(steps) + 1;
      for (let step = 1; step <= lastStep; step++) {
        if (step === lastStep) stopCounting = count(counts); // counting costs time of its own
        const startedAt = threadMs();
        const { result } = watchErrors(() =>
          stepper.issue([microBatch(step)], { ...run, updateNumber: step }),
        );
        const ms = threadMs() - startedAt;
        if (step > warmUpSteps && step < lastStep) times.push(ms);
        await result.numbers;
      }
      stopCounting();
      times.sort((a, b) => a - b);
      rows.push({ model, method, replays, jsMs: times[Math.floor(times.length / 2)]!, ...counts });
      stepper.dispose();
    }
    trainables.dispose();
  }
  return rows;
}

const bell = new Int32Array(new SharedArrayBuffer(4));

/** Time this thread has had the processor: other programs and the GPU's own threads do not count. Linux. */
function threadMs(): number {
  Atomics.wait(bell, 0, 0, 0.05); // the kernel brings the count up to date when a thread stops
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
