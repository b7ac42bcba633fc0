/** Dawn's null adapter has every feature: the texts of kernels that few adapters can run are checked on any machine. */
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { openNullDevice } from '../../../test/nullDevice.ts';
import type { MatrixUnit } from '../../matrixUnits.ts';
import type { Epilogue, MatmulForm, MatmulKind } from './matmulForm.ts';
import { halfKernels, kernelCode, kernelKey, matrixKernel, type MatmulKernel } from './matmulKernels.ts';

const opened = await openNullDevice(['allow_unsafe_apis']);
const units: readonly MatrixUnit[] = [
  { component: 'f16', rows: 16, columns: 16, depth: 16, lanes: 32 },
  { component: 'f16', rows: 16, columns: 8, depth: 16, lanes: 32 },
  { component: 'f16', rows: 8, columns: 8, depth: 8, lanes: 8 },
  { component: 'f32', rows: 8, columns: 8, depth: 8, lanes: 32 },
];
const kernels: readonly MatmulKernel[] = [...halfKernels, ...units.map(matrixKernel)];

test('the adapter has the features', () => {
  expect(opened.features).toEqual(
    expect.arrayContaining(['shader-f16', 'chromium-experimental-subgroup-matrix']),
  );
});

test.each<MatmulForm>(['NN', 'NT', 'TN'])('every kernel is valid WGSL, %s', async (form) => {
  const kinds: MatmulKind[] = (['f32', 'f16', 'i8'] as const).flatMap((store) =>
    [false, true].map((low) => ({ form, store, epilogue: endOf(low) })),
  );
  for (const kernel of kernels) {
    for (const kind of form === 'TN' ? kinds.slice(0, 1) : kinds) {
      const key = kernelKey(kernel, kind);
      expect({ key, faults: await faultsOf(kernelCode(kernel, kind)) }).toEqual({ key, faults: [] });
    }
  }
});

test('a text with a fault is found', async () => {
  const kind: MatmulKind = { form: 'NN', store: 'f32', epilogue: endOf(false) };
  const code = kernelCode(kernels.at(-1)!, kind).replace('row_major', 'row_minor');
  expect(await faultsOf(code)).not.toEqual([]);
});

function endOf(low: boolean): Epilogue {
  return { scaled: low, low, relu: low, residual: low };
}

async function faultsOf(code: string): Promise<string[]> {
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  const { messages } = await module.getCompilationInfo();
  await device.popErrorScope();
  return messages.filter(({ type }) => type === 'error').map(({ message }) => message);
}
