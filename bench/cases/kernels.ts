/**
 * Every kernel against a limit. Where memory bounds it, that is a kernel that only copies as many bytes: as fast as that is as
 * fast as memory allows. Where arithmetic does, it is the plain product, whose own limit the case `matmul` measures.
 */
import * as tf from '@tensorflow/tfjs';
import { linear } from '../../src/engine/ops/linear/linear.ts';
import { allocate, runKernel } from '../../src/engine/runtime.ts';
import { elementKernel, elementWorkgroups } from '../../src/engine/ops/wgsl.ts';
import { openGpuDevice } from '../gpuDevice.ts';
import { alternate } from '../alternate.ts';
import type { BenchOptions } from '../benchOptions.ts';
import {
  benchSizes,
  quickSizes,
  type KernelLine,
  type LineSizes,
  type OpenLine,
} from '../kernels/kernelLine.ts';
import { kernelLines } from '../kernels/kernelLines.ts';
import { compared, type BenchRow } from '../row.ts';
import { whenDone } from '../whenDone.ts';

/** Rows in GB/s and GFLOP/s; WebGPU only. */
export async function benchKernels({ backend, isQuick, turns }: BenchOptions): Promise<BenchRow[]> {
  if (backend === 'wasm') return [];
  const device = await openGpuDevice();
  const sizes = isQuick ? quickSizes : benchSizes;
  const rows: BenchRow[] = [];
  for (const line of kernelLines(sizes)) {
    const limit = limitOf(line, sizes);
    const ours = line.open();
    const theirs = limit.open();
    const repeats = isQuick ? 1 : limit.repeats;
    const times = await alternate(
      [
        { name: 'ours', run: repeatedly(ours, repeats) },
        { name: 'limit', run: repeatedly(theirs, repeats) },
      ],
      turns,
    );
    ours.dispose();
    theirs.dispose();
    const rate = (amount: number, name: string) => (amount * repeats) / (times.get(name)! * 1e6);
    const [graft, peer] = [rate(limit.ours, 'ours'), rate(limit.theirs, 'limit')];
    rows.push(compared(`kernel ${line.name}`, limit.unit, graft, limit.name, peer));
  }
  device.close();
  return rows;
}

function repeatedly(line: OpenLine, repeats: number): () => Promise<void> {
  return async () => {
    for (let i = 0; i < repeats; i++) tf.dispose(tf.tidy(() => line.run()));
    await whenDone();
  };
}

/** What a line is measured in and against; `ours` and `theirs` are the bytes or operations of one run. */
interface Limit {
  readonly name: string;
  readonly unit: string;
  readonly repeats: number;
  readonly ours: number;
  readonly theirs: number;
  open(): OpenLine;
}

function limitOf({ least }: KernelLine, { rows, width }: LineSizes): Limit {
  if ('bytes' in least) {
    const { bytes } = least;
    const name = 'a copy of as many bytes';
    // About as many bytes per turn, so that none is over before a clock can tell.
    const repeats = Math.max(2, Math.min(64, Math.round(5e7 / bytes)));
    return { name, unit: 'GB/s', repeats, ours: bytes, theirs: bytes, open: () => copyLine(bytes / 8) };
  }
  const theirs = 2 * rows * width * width;
  const name = 'the plain product';
  return {
    name,
    unit: 'GFLOP/s',
    repeats: 1,
    ours: least.flop,
    theirs,
    open: () => productLine(rows, width),
  };
}

function productLine(rows: number, width: number): OpenLine {
  const [x, weight] = [
    tf.randomUniform<tf.Rank.R2>([rows, width]),
    tf.randomUniform<tf.Rank.R2>([width, width]),
  ];
  return { run: () => linear(x, weight), dispose: () => tf.dispose([x, weight]) };
}

function copyLine(floats: number): OpenLine {
  const source = tf.randomUniform<tf.Rank.R1>([4 * Math.ceil(floats / 4)]);
  return { run: () => copyOf(source), dispose: () => source.dispose() };
}

/** Four floats at a time, in the order that elementwise kernels walk in. */
function copyOf(source: tf.Tensor1D): tf.Tensor1D {
  const copy = allocate<tf.Rank.R1>([source.size]);
  const type = 'vec4<f32>';
  const count = source.size / 4;
  runKernel({
    key: 'bench copy',
    code: () =>
      elementKernel(
        { writes: { copy: type }, reads: { source: type }, u32: ['count'] },
        'copy[i] = source[i];',
      ),
    writes: [copy],
    reads: [source],
    uniforms: { u32: [count] },
    workgroups: elementWorkgroups(count),
  });
  return copy;
}
