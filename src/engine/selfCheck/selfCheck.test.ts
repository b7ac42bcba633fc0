import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { kernelFolders } from '../../test/kernelFolders.ts';
import { watchPipelines } from '../../test/watchPipelines.ts';
import { openTestDevice } from '../../test/webgpuDevice.ts';
import { openDevice } from '../device.ts';
import { tensorCount } from '../memory.ts';
import { rmsNorm } from '../ops/rmsNorm/rmsNorm.ts';
import { runKernel, setReductionStyle } from '../runtime.ts';
import { checkOp } from './checkOp.ts';
import { opCases } from './opCases.ts';
import { checkKernels, refuseFaultyDevice } from './selfCheck.ts';

const device = await openTestDevice();

test('the same seed gives the same cases, another seed other ones', () => {
  const sizes = (seed: number): string[] => opCases(seed, 2).map(({ op, sizes: text }) => `${op} ${text}`);
  expect(sizes(4)).toEqual(sizes(4));
  expect(sizes(4)).not.toEqual(sizes(5));
});

test('every folder of ops that runs a kernel has a case of its name', () => {
  const withKernel = kernelFolders();
  expect(withKernel.length).toBeGreaterThan(15);
  const checked = new Set(opCases(1, 1).map(({ op }) => op.split(',')[0]!));
  expect(withKernel.filter((name) => !checked.has(name))).toEqual([]);
});

test.each([
  ['the value', NaN, 1],
  ['the gradient of input 1', 1, NaN],
])('a NaN in %s of the reference is a fault', async (part, value, slope) => {
  const opCase = {
    op: 'times',
    sizes: '2',
    inputs: [{ shape: [2], values: Float32Array.of(1, 2) }],
    tolerance: 1e-6,
    run: timesWithSlope(1, 1),
    reference: timesWithSlope(value, slope),
  };
  await tf.setBackend('cpu');
  expect((await checkOp({ ...opCase, reference: opCase.run }, 'cpu')).fault).toBeUndefined();
  const { fault, error } = await checkOp(opCase, 'cpu');
  expect(fault).toContain(part);
  expect(error).toBe(Infinity);
});

describe.skipIf(device === null)('on WebGPU', () => {
  test('a sound device passes and no tensor is left', async () => {
    await tf.setBackend('webgpu');
    const before = tensorCount();
    const verdicts = await checkKernels(3, 1, {});
    expect(verdicts.filter(({ fault }) => fault !== undefined)).toEqual([]);
    expect(verdicts.length).toBe(opCases(3, 1).length);
    expect(tf.getBackend()).toBe('webgpu');
    expect(tensorCount()).toBe(before);
  }, 600_000);

  test('a gradient that is zero but for rounding is no fault', async () => {
    await tf.setBackend('webgpu');
    const verdict = await checkOp(
      {
        op: 'rmsNorm',
        sizes: '1×1',
        inputs: [
          { shape: [1, 1], values: Float32Array.of(0.37) },
          { shape: [1], values: Float32Array.of(-0.81) },
        ],
        tolerance: 2e-5,
        run: (x, weight) => rmsNorm(x as tf.Tensor2D, weight as tf.Tensor1D, 1e-6),
      },
      'webgpu',
    );
    expect(verdict.fault).toBeUndefined();
  }, 600_000);

  // Compiles wrong code under the name of a kernel, as if the driver had compiled the right one wrongly.
  test('a device that gives silent zeros is refused, and the op is named', async () => {
    await tf.setBackend('webgpu');
    const fresh = await openDevice('webgpu'); // with no kernel compiled yet
    const inputs = [tf.ones<tf.Rank.R2>([2, 4]), tf.ones<tf.Rank.R2>([2, 4])] as const;
    for (const type of ['f32', 'vec4<f32>']) {
      const y = tf.zeros([2, 4]);
      runKernel({
        key: `geluGate ${type}`,
        code: () => zeroCode(type),
        writes: [y],
        reads: inputs,
        uniforms: { u32: [1] },
        workgroups: [1, 1, 1],
      });
      y.dispose();
    }
    await expect(refuseFaultyDevice('Test GPU', {})).rejects.toThrow(
      /Test GPU.*computes wrongly: in geluGate .*the value is off/u,
    );
    tf.dispose([...inputs]);
    fresh.close();
  }, 600_000);

  test('what a GPU runs is compiled before the first kernel is tried, and a person may stop it', async () => {
    const fresh = await openDevice('webgpu');
    setReductionStyle('workgroup'); // as on a GPU
    const compiled = watchPipelines();
    const phases = new Set<string>();
    const controller = new AbortController();
    const check = refuseFaultyDevice('Test GPU', {
      signal: controller.signal,
      onProgress({ phase, done }) {
        phases.add(phase);
        if (phase === 'Checking kernels' && done === 30) controller.abort(new Error('enough'));
      },
    });
    await expect(check).rejects.toThrow('enough');
    expect([...phases]).toEqual(['Compiling kernels', 'Checking kernels']);
    const made = (at: 'ahead' | 'at use'): string[] =>
      [...compiled].filter(([, when]) => when === at).map(([label]) => label);
    expect(made('ahead').length).toBeGreaterThan(60);
    expect(made('at use').filter((label) => !label.endsWith('Program'))).toEqual([]); // tfjs's own are named so
    fresh.close();
  }, 600_000);
});

/** x·value, with the given slope for its gradient. */
function timesWithSlope(value: number, slope: number): (x: tf.Tensor) => tf.Tensor {
  return tf.customGrad<tf.Tensor>((x) => ({
    value: tf.mul(x as tf.Tensor, value),
    gradFunc: (dy: tf.Tensor) => tf.mul(dy, slope),
  }));
}

function zeroCode(type: string): string {
  return `
    struct Uniforms { count: u32 }
    @group(0) @binding(0) var<storage, read_write> y: array<${type}>;
    @group(0) @binding(1) var<storage, read> gate: array<${type}>;
    @group(0) @binding(2) var<storage, read> value: array<${type}>;
    @group(0) @binding(3) var<uniform> uniforms: Uniforms;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
      if (id.x < uniforms.count) { y[id.x] = ${type}(0.0) * gate[id.x] * value[id.x]; }
    }`;
}
