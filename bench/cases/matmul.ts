/** Single products A·B: Graft, stock tfjs, jax-js, and the fastest kernel written by hand for the shape. */
import { blockUntilReady, defaultDevice, init, numpy as np } from '@jax-js/jax';
import * as tf from '@tensorflow/tfjs';
import { matmul } from '../../src/engine/ops/linear/matmul.ts';
import { readFresh } from '../../src/engine/runtime.ts';
import { makePrng } from '../../src/lib/prng.ts';
import { openGpuDevice } from '../gpuDevice.ts';
import { alternate, type Variant } from '../alternate.ts';
import type { BenchOptions, ProductShape } from '../benchOptions.ts';
import { expectClose } from '../expectClose.ts';
import { handKernels, openHandMatmul } from '../peers/handMatmul.ts';
import { compared, type BenchRow } from '../row.ts';
import { onStock } from '../stockWasm.ts';
import { openWasmDevice } from '../wasmDevice.ts';
import { gpuDevice, whenDone } from '../whenDone.ts';

const fullShapes: readonly ProductShape[] = [
  { m: 512, k: 512, n: 512 },
  { m: 1024, k: 1024, n: 1024 },
  { m: 256, k: 768, n: 3072 },
];
const quickShapes: readonly ProductShape[] = [{ m: 64, k: 64, n: 64 }];

/** Rows of every shape in GFLOP/s. */
export async function benchMatmul(options: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const own = options.isQuick ? quickShapes : fullShapes;
  for (const shape of options.product === null ? own : [options.product]) {
    rows.push(
      ...(options.backend === 'wasm' ? await onWasm(shape, options) : await onWebgpu(shape, options)),
    );
  }
  return rows;
}

async function onWebgpu(shape: ProductShape, { turns }: BenchOptions): Promise<BenchRow[]> {
  const device = await openGpuDevice();
  const [a, b] = operands(shape);
  const graft = tfjsVariant('Graft', 'webgpu', shape, a, b, (x, y) => matmul('NN', x, y));
  const stock = tfjsVariant('stock tfjs', 'webgpu', shape, a, b, (x, y) => tf.matMul(x, y));
  const jax = await jaxVariant('webgpu', shape, a, b);
  const byHand = handKernels.map((kernel) => ({
    kernel,
    product: openHandMatmul(gpuDevice(), kernel, shape, a, b),
  }));

  const wanted = await stock.read();
  expectClose('Graft', await graft.read(), wanted);
  expectClose('jax-js', await jax.read(), wanted);
  const hands: Variant[] = [];
  for (const { kernel, product } of byHand) {
    await product.run();
    expectClose(kernel, await product.read(), wanted);
    hands.push({ name: kernel, run: () => product.run() });
  }

  const times = await alternate([graft, stock, jax, ...hands], turns);
  const best = hands.map(({ name }) => name).sort((x, y) => times.get(x)! - times.get(y)!)[0]!;
  for (const { product } of byHand) product.destroy();
  for (const variant of [graft, stock, jax]) variant.dispose();
  device.close();
  return rowsOf(shape, times, 'Graft', ['stock tfjs', 'jax-js', best], (name) =>
    name === best ? `by hand (${best})` : name,
  );
}

async function onWasm(shape: ProductShape, options: BenchOptions): Promise<BenchRow[]> {
  const { turns, hasPeersOnWebgpu } = options;
  const [a, b] = operands(shape);
  const wasm = await openWasmDevice(options);
  const turned = transposed(b, shape);
  const graft = tfjsVariant('Graft', 'wasm', shape, a, b, (x, y) => matmul('NN', x, y));
  const graftTurned = tfjsVariant('Graft, A·Bᵀ', 'wasm', shape, a, turned, (x, y) => matmul('NT', x, y));
  const stock = stockVariant(tfjsVariant('stock tfjs', 'wasm', shape, a, b, (x, y) => tf.matMul(x, y)));
  const stockTurned = stockVariant(
    tfjsVariant('stock tfjs, A·Bᵀ', 'wasm', shape, a, turned, (x, y) => tf.matMul(x, y, false, true)),
  );
  const jax = await jaxVariant('wasm', shape, a, b);
  const variants = [graft, graftTurned, stock, stockTurned, jax];
  const gpu = hasPeersOnWebgpu ? await openGpuDevice() : undefined;
  if (gpu !== undefined) {
    variants.push(tfjsVariant('Graft on WebGPU', 'webgpu', shape, a, b, (x, y) => matmul('NN', x, y)));
  }
  const wanted = await jax.read();
  for (const variant of variants) expectClose(variant.name, await variant.read(), wanted);
  const times = await alternate(variants, turns);
  for (const variant of variants) variant.dispose();
  gpu?.close();
  wasm.close();
  const others = variants.filter(({ name }) => !name.endsWith('ᵀ') && name !== 'Graft');
  return [
    ...rowsOf(
      shape,
      times,
      'Graft',
      others.map(({ name }) => name),
    ),
    ...rowsOf(shape, times, 'Graft, A·Bᵀ', ['stock tfjs, A·Bᵀ']),
  ];
}

/** On tfjs's own kernels. */
function stockVariant(variant: Product): Product {
  return {
    ...variant,
    run: () => onStock('wasm', () => variant.run()),
    read: () => onStock('wasm', () => variant.read()),
  };
}

/** B as [n,k], as the weights of a linear layer lie. */
function transposed(b: Float32Array, { k, n }: ProductShape): Float32Array {
  return b.map((_, i) => b[(i % k) * n + Math.floor(i / k)]!);
}

function rowsOf(
  { m, k, n }: ProductShape,
  times: ReadonlyMap<string, number>,
  ours: string,
  peers: readonly string[],
  label = (name: string): string => name,
): BenchRow[] {
  const rate = (name: string) => (2 * m * k * n) / (times.get(name)! * 1e6);
  const title = `matmul ${m}x${k}x${n}`;
  return peers.map((peer) => compared(title, 'GFLOP/s', rate(ours), label(peer), rate(peer)));
}

function operands({ m, k, n }: ProductShape): [Float32Array, Float32Array] {
  const random = makePrng(m + k + n);
  const values = (size: number) => Float32Array.from({ length: size }, () => 2 * random.next() - 1);
  return [values(m * k), values(k * n)];
}

type Product = Variant & { read(): Promise<Float32Array>; dispose(): void };

function tfjsVariant(
  name: string,
  backend: 'webgpu' | 'wasm',
  { m, k, n }: ProductShape,
  a: Float32Array,
  b: Float32Array,
  product: (x: tf.Tensor2D, y: tf.Tensor2D) => tf.Tensor2D,
): Product {
  let operandsThere: [tf.Tensor2D, tf.Tensor2D] | undefined;
  const compute = async (): Promise<tf.Tensor2D> => {
    await tf.setBackend(backend);
    const bShape: [number, number] = name.endsWith('ᵀ') ? [n, k] : [k, n];
    operandsThere ??= [tf.keep(tf.tensor2d(a, [m, k])), tf.keep(tf.tensor2d(b, bShape))];
    const [x, y] = operandsThere;
    const c = tf.tidy(() => product(x, y));
    await whenDone();
    return c;
  };
  return {
    name,
    run: async () => (await compute()).dispose(),
    read: async () => {
      const c = await compute();
      const values = await readFresh(c);
      c.dispose();
      return values;
    },
    dispose: () => tf.dispose(operandsThere),
  };
}

async function jaxVariant(
  device: 'webgpu' | 'wasm',
  { m, k, n }: ProductShape,
  a: Float32Array,
  b: Float32Array,
): Promise<Product> {
  await init(device);
  defaultDevice(device);
  const x = np.array(a.slice(), { shape: [m, k] });
  const y = np.array(b.slice(), { shape: [k, n] });
  return {
    name: 'jax-js',
    async run() {
      (await blockUntilReady(np.matmul(x.ref, y.ref))).dispose();
    },
    read: async () => (await np.matmul(x.ref, y.ref).data()) as Float32Array,
    dispose() {
      x.dispose();
      y.dispose();
    },
  };
}
