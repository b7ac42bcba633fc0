/** One encoder block forward and backward, all its weights trained: Graft, stock tfjs, jax-js. */
import { defaultDevice, init, numpy as np, tree } from '@jax-js/jax';
import * as tf from '@tensorflow/tfjs';
import { readFresh } from '../../src/engine/runtime.ts';
import { selfAttention } from '../../src/engine/t5/attention.ts';
import type { T5Config } from '../../src/engine/t5/config.ts';
import { feedForward } from '../../src/engine/t5/feedForward.ts';
import { inferencePass } from '../../src/engine/t5/forwardPass.ts';
import { relativeBiasName } from '../../src/engine/t5/spec.ts';
import { makePrng } from '../../src/lib/prng.ts';
import { openGpuDevice } from '../gpuDevice.ts';
import { alternate, type Variant } from '../alternate.ts';
import { askedShapes, type BatchShape } from '../askedShapes.ts';
import type { BenchOptions } from '../benchOptions.ts';
import { expectClose } from '../expectClose.ts';
import { modelShapes, randomValues, type ModelName } from '../models.ts';
import { openJaxBlock, type JaxWeights } from '../peers/jaxBlock.ts';
import { plainEncoderBlock } from '../peers/plainT5.ts';
import { compared, type BenchRow } from '../row.ts';
import { onStock } from '../stockWasm.ts';
import { openWasmDevice } from '../wasmDevice.ts';
import { whenDone } from '../whenDone.ts';

/** A block has no labels. */
interface Shape extends BatchShape {
  readonly model: ModelName;
}

const fullShapes: readonly Shape[] = [
  { model: 'starter', size: 8, inputLength: 64, labelLength: 0 },
  { model: 'flan-t5-base', size: 2, inputLength: 64, labelLength: 0 },
];
const quickShapes: readonly Shape[] = [{ model: 'tiny', size: 2, inputLength: 8, labelLength: 0 }];

/** Rows of every shape, in milliseconds forward and backward. */
export async function benchBlock(options: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const shapes = options.isQuick ? quickShapes : fullShapes;
  for (const shape of askedShapes(shapes, options)) {
    rows.push(...(await rowsOf(shape, options)));
  }
  return rows;
}

async function rowsOf(shape: Shape, options: BenchOptions): Promise<BenchRow[]> {
  const { backend, turns } = options;
  const device = backend === 'wasm' ? await openWasmDevice(options) : await openGpuDevice();
  const values = blockValues(shape);
  const graft = tfjsBlock('Graft', shape, values, (x, weights, bias) => graftBlock(shape, x, weights, bias));
  const plain = tfjsBlock('stock tfjs', shape, values, (x, weights, bias) =>
    plainEncoderBlock(
      { config: modelShapes[shape.model], weights, adapter: new Map() },
      block,
      x,
      shape.size,
      bias,
      null,
    ),
  );
  const stock: typeof plain = {
    ...plain,
    run: () => onStock(backend, () => plain.run()),
    read: () => onStock(backend, () => plain.read()),
  };
  const jax = await jaxBlock(backend, shape, values);
  const variants = [graft, stock, jax];
  const wanted = await stock.read();
  for (const variant of variants) {
    const read = await variant.read();
    for (const name of gradientNames) {
      expectClose(`${variant.name}, gradient of ${name}`, read.get(name)!, wanted.get(name)!, 2e-4);
    }
  }
  const times = await alternate(variants, turns);
  for (const variant of variants) variant.dispose();
  device.close();
  const title = `block, ${shape.model} ${shape.size}x${shape.inputLength}`;
  return ['stock tfjs', 'jax-js'].map((peer) =>
    compared(title, 'ms', times.get('Graft')!, peer, times.get(peer)!),
  );
}

const block = 'encoder.block.0';

/** The block's matrices and norms: short name → path in the model. */
const paths: Readonly<Record<string, string>> = {
  norm1: `${block}.layer.0.layer_norm`,
  q: `${block}.layer.0.SelfAttention.q`,
  k: `${block}.layer.0.SelfAttention.k`,
  v: `${block}.layer.0.SelfAttention.v`,
  o: `${block}.layer.0.SelfAttention.o`,
  norm2: `${block}.layer.1.layer_norm`,
  wi_0: `${block}.layer.1.DenseReluDense.wi_0`,
  wi_1: `${block}.layer.1.DenseReluDense.wi_1`,
  wo: `${block}.layer.1.DenseReluDense.wo`,
};

const gradientNames = ['x', ...Object.keys(paths)];

interface BlockValues {
  /** Short name → shape as Hugging Face has it, and values. */
  readonly weights: ReadonlyMap<string, { shape: number[]; values: Float32Array }>;
  readonly x: Float32Array;
  readonly bias: Float32Array;
  readonly target: Float32Array;
}

function blockValues({ model, size, inputLength: length }: Shape): BlockValues {
  const config: T5Config = modelShapes[model];
  const { dModel, dFf, numHeads, dKv } = config;
  const inner = numHeads * dKv;
  const shapes: Record<string, number[]> = {
    norm1: [dModel],
    q: [inner, dModel],
    k: [inner, dModel],
    v: [inner, dModel],
    o: [dModel, inner],
    norm2: [dModel],
    wi_0: [dFf, dModel],
    wi_1: [dFf, dModel],
    wo: [dModel, dFf],
  };
  const random = makePrng(length);
  const uniform = (count: number) => Float32Array.from({ length: count }, () => 2 * random.next() - 1);
  const weights = new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { shape, values: randomValues(config, `${paths[name]!}.weight`, shape) },
    ]),
  );
  const rows = size * length;
  return {
    weights,
    x: uniform(rows * dModel),
    bias: uniform(numHeads * length * length),
    target: uniform(rows * dModel),
  };
}

type BlockVariant = Variant & { read(): Promise<Map<string, Float32Array>>; dispose(): void };

function graftBlock(
  { model, size, inputLength: length }: Shape,
  x: tf.Tensor2D,
  weights: ReadonlyMap<string, tf.Tensor>,
  bias: tf.Tensor4D,
): tf.Tensor2D {
  const pass = inferencePass(modelShapes[model], weights);
  const lengths = { batch: size, query: length, key: length };
  const everything = tf.ones<tf.Rank.R2>([size, length], 'int32'); // a mask of null would mean the decoder's
  const y = selfAttention(pass, `${block}.layer.0`, x, lengths, bias, everything);
  return feedForward(pass, `${block}.layer.1`, y);
}

function tfjsBlock(
  name: string,
  { model, size, inputLength: length }: Shape,
  values: BlockValues,
  compute: (x: tf.Tensor2D, weights: ReadonlyMap<string, tf.Tensor>, bias: tf.Tensor4D) => tf.Tensor2D,
): BlockVariant {
  const { dModel, numHeads, relativeAttentionNumBuckets } = modelShapes[model];
  const variable = (shape: number[], given: Float32Array) =>
    tf.tidy(() => tf.variable(tf.tensor(given, shape)));
  const x = variable([size * length, dModel], values.x) as tf.Variable<tf.Rank.R2>;
  const target = tf.tensor2d(values.target, [size * length, dModel]);
  const bias = tf.tensor4d(values.bias, [1, numHeads, length, length]);
  const variables = new Map<string, tf.Variable>([['x', x]]);
  // Without a table of its own the block would have to know that its bias gets no gradient.
  const table = tf.zeros([relativeAttentionNumBuckets, numHeads]);
  const weights = new Map<string, tf.Tensor>([[relativeBiasName('encoder'), table]]);
  for (const [short, { shape, values: given }] of values.weights) {
    const weight = variable(shape, given);
    variables.set(short, weight);
    weights.set(`${paths[short]!}.weight`, weight);
  }
  const gradients = () =>
    tf.variableGrads(() => tf.sum(tf.mul(compute(x, weights, bias), target)), [...variables.values()]);
  return {
    name,
    async run() {
      const { value, grads } = gradients();
      await value.data();
      await whenDone();
      tf.dispose([value, grads]);
    },
    async read() {
      const { value, grads } = gradients();
      const found = new Map<string, Float32Array>();
      for (const [short, { name: id }] of variables) found.set(short, await readFresh(grads[id]!));
      tf.dispose([value, grads]);
      return found;
    },
    dispose: () => tf.dispose([...variables.values(), target, bias, table]),
  };
}

async function jaxBlock(
  backend: 'webgpu' | 'wasm',
  { model, size, inputLength: length }: Shape,
  values: BlockValues,
): Promise<BlockVariant> {
  const config = modelShapes[model];
  await init(backend);
  defaultDevice(backend);
  const array = (shape: number[], given: Float32Array) => np.array(given.slice(), { shape });
  const weights: JaxWeights = { x: array([size * length, config.dModel], values.x) };
  for (const [short, { shape, values: given }] of values.weights) {
    const weight = array(shape, given);
    weights[short] = shape.length === 2 ? weight.transpose() : weight;
  }
  const compiled = openJaxBlock(
    config,
    size,
    weights,
    array([1, config.numHeads, length, length], values.bias),
    array([size * length, config.dModel], values.target),
  );
  return {
    name: 'jax-js',
    async run() {
      const { gradients } = await compiled.run();
      for (const gradient of Object.values(gradients)) await gradient.blockUntilReady();
      tree.dispose(gradients);
    },
    async read() {
      const { gradients } = await compiled.run();
      const found = new Map<string, Float32Array>();
      for (const [short, gradient] of Object.entries(gradients)) {
        const isMatrix = short !== 'x' && gradient.shape.length === 2;
        const laidOut = isMatrix ? gradient.transpose() : gradient;
        found.set(short, (await laidOut.data()) as Float32Array);
      }
      return found;
    },
    dispose: () => compiled.dispose(),
  };
}
