/** What a step in 16 bits says to the GPU, on Dawn's null adapter, which has the features and computes nothing. */
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { classNames, setMatmulChoices } from '../engine/ops/linear/matmulChoice.ts';
import { halfKernels, type MatmulKernel } from '../engine/ops/linear/matmulKernels.ts';
import { tensorSpecs } from '../engine/t5/spec.ts';
import { uploadFrozen } from '../engine/weights.ts';
import { goldenConfig } from '../test/golden/goldenConfig.ts';
import { openNullDevice } from '../test/nullDevice.ts';
import { watchPipelines } from '../test/watchPipelines.ts';
import { fullBatch, measuredRun, openRepeatedStep } from './repeatedStep.ts';

await openNullDevice();
const config = goldenConfig({ dModel: 32, dKv: 8, dFf: 64, numHeads: 4, numLayers: 1, numDecoderLayers: 1 });

test.each(['lora', 'full'] as const)(
  '%s: only a run that asks for them has products in 16 bits',
  async (method) => {
    setMatmulChoices(new Map<string, MatmulKernel>(classNames.map((name) => [name, halfKernels[0]!])), 16);
    expect(await kernelsOf(false)).not.toContain('half');
    const kernels = await kernelsOf(true);
    for (const form of ['NN', 'NT', 'TN'])
      expect(kernels).toMatch(new RegExp(`matmul ${form} f32.* half 4x4`, 'u'));

    /** The labels of all kernels that a step compiles, line by line. */
    async function kernelsOf(fp16: boolean): Promise<string> {
      const opened = await openNullDevice(); // with no kernel compiled yet
      const labels = watchPipelines();
      const weights = new Map(
        tensorSpecs(config).map(({ name, shape }) => {
          const size = shape.reduce((a, b) => a * b, 1);
          return [name, uploadFrozen(name, shape, new Float32Array(size).fill(0.1), 'f32')] as const;
        }),
      );
      const step = openRepeatedStep(
        { config, weights },
        { ...measuredRun(method), fp16 },
        fullBatch(config, 4, 16, 16),
      );
      await step.run();
      step.dispose();
      tf.dispose([...weights.values()]);
      opened.close();
      return [...labels.keys()].join('\n');
    }
  },
);
