/** Training tokens a second by length and batch size: the cost should grow with the tokens, but for attention. */
import * as tf from '@tensorflow/tfjs';
import { fullBatch } from '../../src/training/repeatedStep.ts';
import { openGpuDevice } from '../gpuDevice.ts';
import { alternate } from '../alternate.ts';
import type { BenchOptions } from '../benchOptions.ts';
import { openGraftStep } from '../graftStep.ts';
import { modelShapes, randomWeights } from '../models.ts';
import { alone, type BenchRow } from '../row.ts';
import { openWasmDevice } from '../wasmDevice.ts';

const fullShapes = [
  [1, 64],
  [4, 64],
  [8, 64],
  [4, 128],
  [4, 256],
] as const;
const quickShapes = [[2, 8]] as const;

/** LoRA steps of the starter model; the answer is a quarter as long as the input. The shapes take turns. */
export async function benchTokens(options: BenchOptions): Promise<BenchRow[]> {
  const { isQuick, backend, turns } = options;
  const device = backend === 'wasm' ? await openWasmDevice(options) : await openGpuDevice();
  const model = isQuick ? 'tiny' : 'starter';
  const config = modelShapes[model];
  const weights = randomWeights(config);
  const measured = (isQuick ? quickShapes : fullShapes).map(([size, inputLength]) => {
    const batch = fullBatch(config, size, inputLength, inputLength / 4);
    const step = openGraftStep(config, weights, 'lora', batch);
    return {
      name: `training, ${model} ${size}x${inputLength}/${inputLength / 4}`,
      tokens: batch.inputTokenCount + batch.labelTokenCount,
      step,
      run: async () => void (await step.run()),
    };
  });
  const times = await alternate(measured, turns);
  for (const { step } of measured) step.dispose();
  tf.dispose([...weights.values()]);
  device.close();
  return measured.map(({ name, tokens }) => alone(name, 'tokens/s', (1000 * tokens) / times.get(name)!));
}
