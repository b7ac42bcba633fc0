/**
 * Kernels that do little arithmetic per byte, held against a kernel that only copies as many bytes: as fast as that is as
 * fast as memory allows. Products have their own case; attention and the optimizer show in the profile.
 */
import * as tf from '@tensorflow/tfjs';
import { tokenLosses } from '../../src/engine/ops/crossEntropy/crossEntropy.ts';
import { dropout } from '../../src/engine/ops/dropout/dropout.ts';
import { embedding } from '../../src/engine/ops/embedding/embedding.ts';
import { geluGate } from '../../src/engine/ops/geluGate/geluGate.ts';
import { globalNorm } from '../../src/engine/ops/globalNorm/globalNorm.ts';
import { rmsNorm } from '../../src/engine/ops/rmsNorm/rmsNorm.ts';
import { allocate, runKernel } from '../../src/engine/runtime.ts';
import { openGpuDevice } from '../gpuDevice.ts';
import { alternate } from '../alternate.ts';
import type { BenchOptions } from '../benchOptions.ts';
import { compared, type BenchRow } from '../row.ts';
import { whenDone } from '../whenDone.ts';

/** An op, and the least bytes that it must read and write. */
interface Streamed {
  readonly name: string;
  readonly bytes: number;
  readonly run: () => tf.Tensor;
}

/** Rows in GB/s; WebGPU only. The size is that of 512 tokens in flan-t5-base. */
export async function benchKernels({ backend, isQuick, turns }: BenchOptions): Promise<BenchRow[]> {
  if (backend === 'wasm') return [];
  const device = await openGpuDevice();
  const [rows, width, vocabSize] = isQuick ? ([8, 16, 64] as const) : ([512, 768, 8192] as const);
  const repeats = isQuick ? 1 : 16;
  const x = tf.randomUniform<tf.Rank.R2>([rows, width]);
  const y = tf.randomUniform<tf.Rank.R2>([rows, width]);
  const scale = tf.ones<tf.Rank.R1>([width]);
  const scores = tf.randomUniform<tf.Rank.R2>([rows, vocabSize]);
  const ids = tf.tensor1d(
    Int32Array.from({ length: rows }, (_, i) => (7 * i) % rows),
    'int32',
  );
  const matrix = 4 * rows * width;
  const ops: Streamed[] = [
    { name: 'rmsNorm', bytes: 2 * matrix, run: () => rmsNorm(x, scale, 1e-6) },
    { name: 'geluGate', bytes: 3 * matrix, run: () => geluGate(x, y) },
    { name: 'dropout', bytes: 2 * matrix, run: () => dropout(x, 0.1, 7) },
    { name: 'embedding', bytes: 2 * matrix, run: () => embedding(x, ids) },
    { name: 'globalNorm', bytes: 2 * matrix, run: () => globalNorm([x, y]) },
    { name: 'token losses', bytes: 4 * rows * vocabSize, run: () => tokenLosses(scores, ids) },
  ];
  const measured: BenchRow[] = [];
  for (const { name, bytes, run } of ops) {
    const source = tf.randomUniform<tf.Rank.R1>([bytes / 8]);
    const repeatedly = (what: () => tf.Tensor) => async (): Promise<void> => {
      for (let i = 0; i < repeats; i++) what().dispose();
      await whenDone();
    };
    const times = await alternate(
      [
        { name, run: repeatedly(run) },
        { name: 'copy', run: repeatedly(() => copyOf(source)) },
      ],
      turns,
    );
    source.dispose();
    const rate = (key: string) => (bytes * repeats) / (times.get(key)! * 1e6);
    measured.push(compared(`kernel ${name}`, 'GB/s', rate(name), 'a copy of as many bytes', rate('copy')));
  }
  tf.dispose([x, y, scale, scores, ids]);
  device.close();
  return measured;
}

/** Four floats an invocation, read and written. */
function copyOf(source: tf.Tensor1D): tf.Tensor1D {
  const copy = allocate<tf.Rank.R1>([source.size]);
  runKernel({
    key: 'bench copy',
    code: () => `
@group(0) @binding(0) var<storage, read_write> copy: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> source: array<vec4<f32>>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&source)) { copy[id.x] = source[id.x]; }
}`,
    writes: [copy],
    reads: [source],
    uniforms: {},
    workgroups: [Math.ceil(source.size / 256), 1, 1],
  });
  return copy;
}
