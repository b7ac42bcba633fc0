/** Measures the JavaScript of training steps when it is imported: see scripts/stepCost.mjs. */
import { readFileSync } from 'node:fs';
import { watchErrors } from '../src/engine/errorScopes.ts';
import { openSteps } from '../src/engine/optim/steps.ts';
import { backend } from '../src/engine/tfjsBackend.ts';
import { DEFAULT_RUN_CONFIG } from '../src/training/presets.ts';
import { openTrainables } from '../src/training/trainables.ts';
import { openTestDevice } from '../src/test/webgpuDevice.ts';
import { issuedBatch, issuedShape } from './issuedBatch.ts';
import { randomWeights } from './models.ts';

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
  const config = issuedShape(model, width === 'narrow');
  const weights = randomWeights(config);
  for (const method of methods.split(',') as ('lora' | 'full')[]) {
    const run = { ...DEFAULT_RUN_CONFIG, method };
    const trainables = openTrainables({ config, weights }, run);
    const microBatch = issuedBatch(config, trainables);
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
