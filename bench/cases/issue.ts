/**
 * What the worker does for a step before the device has it: JavaScript and the browser's own share in this thread. Replayed
 * steps against steps that are issued anew. The aim is 5 ms for the starter and 15 ms for flan-t5-base.
 */
import * as tf from '@tensorflow/tfjs';
import { watchErrors } from '../../src/engine/errorScopes.ts';
import { openSteps, type Steps } from '../../src/engine/optim/steps.ts';
import { DEFAULT_RUN_CONFIG } from '../../src/training/presets.ts';
import { openTrainables } from '../../src/training/trainables.ts';
import { openGpuDevice } from '../gpuDevice.ts';
import { median } from '../alternate.ts';
import type { BenchOptions } from '../benchOptions.ts';
import { issuedBatch, issuedShape } from '../issuedBatch.ts';
import { randomWeights, type ModelName } from '../models.ts';
import { compared, type BenchRow } from '../row.ts';
import { whenDone } from '../whenDone.ts';

interface Shape {
  readonly model: ModelName;
  readonly method: 'lora' | 'full';
  /** Only the model's depth. */
  readonly isNarrow: boolean;
}

const fullShapes: readonly Shape[] = [
  { model: 'starter', method: 'lora', isNarrow: false },
  { model: 'starter', method: 'full', isNarrow: false },
  { model: 'flan-t5-base', method: 'lora', isNarrow: true },
];
const quickShapes: readonly Shape[] = [{ model: 'tiny', method: 'lora', isNarrow: false }];

/** Two steps to record, and two in which buffers still move. */
const warmUps = 4;

/** Rows in milliseconds a step; WebGPU only. */
export async function benchIssue({ backend, isQuick, model, turns }: BenchOptions): Promise<BenchRow[]> {
  if (backend === 'wasm') return [];
  const rows: BenchRow[] = [];
  for (const shape of isQuick ? quickShapes : fullShapes) {
    if (model !== null && model !== shape.model) continue;
    const device = await openGpuDevice();
    const [replayed, anew] = await issueTimes(shape, turns.rounds);
    device.close();
    const title = `thread time of a ${shape.method === 'lora' ? 'LoRA' : 'full'} step, ${shape.model}`;
    rows.push(compared(shape.isNarrow ? `${title}'s depth` : title, 'ms', replayed, 'issued anew', anew));
  }
  return rows;
}

/** Median times, replayed and issued anew. Every step starts when the device has nothing to do. */
async function issueTimes({ model, method, isNarrow }: Shape, rounds: number): Promise<[number, number]> {
  const config = issuedShape(model, isNarrow);
  const weights = randomWeights(config);
  const run = { ...DEFAULT_RUN_CONFIG, method };
  const trainables = openTrainables({ config, weights }, run);
  const microBatch = issuedBatch(config, trainables);
  const measure = async (steps: Steps): Promise<number> => {
    const times: number[] = [];
    for (let step = 1; step <= warmUps + rounds; step++) {
      await whenDone();
      const startedAt = performance.now();
      const { result } = watchErrors(() => steps.issue([microBatch(step)], { ...run, updateNumber: step }));
      if (step > warmUps) times.push(performance.now() - startedAt);
      await result.numbers;
    }
    if (steps.replayCounts !== null && steps.replayCounts.replayed < rounds) {
      throw new Error(`Of ${rounds} steps only ${steps.replayCounts.replayed} were replayed.`);
    }
    steps.dispose();
    return median(times);
  };
  const options = { updates: 0, weights: trainables.weights };
  const replayed = await measure(openSteps(trainables.states, { ...options, replays: true }));
  const anew = await measure(openSteps(trainables.states, { ...options, replays: false }));
  trainables.dispose();
  tf.dispose([...weights.values()]);
  return [replayed, anew];
}
