/** The proof's claims hold for the tiny golden models on every device, and a fault makes them fail. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { openDevice } from '../../engine/device.ts';
import { tensorCount } from '../../engine/memory.ts';
import { runKernel } from '../../engine/runtime.ts';
import { disposeWeights } from '../../engine/weights.ts';
import { FLAVOURS, loadGoldenModel } from '../../test/golden/goldenModel.ts';
import { describeOnDevices } from '../../test/golden/onDevices.ts';
import { openTestDevice } from '../../test/webgpuDevice.ts';
import { forwardProof } from './forwardProof.ts';
import { frozenProof } from './frozenProof.ts';
import { gradientProof, GRADIENT_TOLERANCE } from './gradientProof.ts';
import { repeatProof } from './repeatProof.ts';

const patience = 180_000; // kernels compile slowly on a busy software adapter

describeOnDevices('proof', (start) => {
  beforeAll(start);

  test.each(FLAVOURS)(
    'gradients agree with central differences, and nothing is left or changed: %s',
    async (flavour) => {
      const base = await loadGoldenModel(flavour);
      const before = tensorCount();
      const line = await gradientProof(base, 5, {});
      expect(line).toMatchObject({ verdict: 'holds', tolerance: GRADIENT_TOLERANCE });
      expect(tensorCount()).toBe(before);
      disposeWeights(base.weights);
    },
    patience,
  );

  test(
    'a few LoRA steps leave the base alone, and a step repeats',
    async () => {
      const base = await loadGoldenModel('relu');
      const before = tensorCount();
      expect(await frozenProof(base, 5, {})).toMatchObject({ verdict: 'holds' });
      expect(await repeatProof(base, 5)).toMatchObject({ verdict: 'holds' });
      expect(await forwardProof(base, 5)).toMatchObject({
        verdict: tf.getBackend() === 'cpu' ? 'not tried' : 'holds',
      });
      expect(tensorCount()).toBe(before);
      disposeWeights(base.weights);
    },
    patience,
  );
});

const device = await openTestDevice();

describe.skipIf(device === null)('on a GPU that gives zeros for the gradient of a norm', () => {
  test(
    'the gradient check fails and names a norm',
    async () => {
      const faulty = await openDevice('webgpu'); // with no kernel compiled yet
      compileZeros();
      const base = await loadGoldenModel('gated');
      const line = await gradientProof(base, 5, {});
      expect(line.verdict).toBe('fails');
      expect(line.finding).toMatch(/layer_norm\.weight differs from central differences/u);
      disposeWeights(base.weights);
      faulty.close();
    },
    patience,
  );
});

/** Wrong code under the name of the kernel, as if the driver had compiled the right one wrongly. */
function compileZeros(): void {
  const tensors = [tf.zeros([1]), tf.zeros([1]), tf.zeros([1]), tf.zeros([1])] as const;
  const [written, ...read] = tensors;
  runKernel({
    key: 'rmsNorm dweight',
    code: () => `
      struct Uniforms { count: u32, width: u32, rows: u32, sliceRows: u32 }
      @group(0) @binding(0) var<storage, read_write> slices: array<f32>;
      @group(0) @binding(1) var<storage, read> dy: array<f32>;
      @group(0) @binding(2) var<storage, read> x: array<f32>;
      @group(0) @binding(3) var<storage, read> rootInverse: array<f32>;
      @group(0) @binding(4) var<uniform> uniforms: Uniforms;
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        if (id.x < uniforms.count) { slices[id.x] = 0.0 * (dy[0] + x[0] + rootInverse[0]); }
      }`,
    writes: [written],
    reads: read,
    uniforms: { u32: [1, 1, 1, 1] },
    workgroups: [1, 1, 1],
  });
  tf.dispose([...tensors]);
}
