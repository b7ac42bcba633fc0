/** Kernels of a layer and of the loss, forward and with their gradients. */
import * as tf from '@tensorflow/tfjs';
import { attention } from '../../src/engine/ops/attention/attention.ts';
import { lossesAndGradient, tokenLosses } from '../../src/engine/ops/crossEntropy/crossEntropy.ts';
import { dropout } from '../../src/engine/ops/dropout/dropout.ts';
import { embedding } from '../../src/engine/ops/embedding/embedding.ts';
import { geluGate } from '../../src/engine/ops/geluGate/geluGate.ts';
import { loraLinear } from '../../src/engine/ops/linear/loraLinear.ts';
import { linear } from '../../src/engine/ops/linear/linear.ts';
import { relativeBias } from '../../src/engine/ops/relativeBias/relativeBias.ts';
import { rmsNorm } from '../../src/engine/ops/rmsNorm/rmsNorm.ts';
import { uploadFrozen, type WeightPrecision } from '../../src/engine/weights.ts';
import { kernelLine as line, type KernelLine, type LineSizes, type OpenLine } from './kernelLine.ts';

export function layerLines(sizes: LineSizes): KernelLine[] {
  const { rows, width, vocabSize, heads, batch } = sizes;
  const matrix = 4 * rows * width;
  const scores = 4 * rows * vocabSize;
  const activation = () => tf.randomUniform<tf.Rank.R2>([rows, width], -1, 1);
  const norm = (x: tf.Tensor, scale: tf.Tensor) => rmsNorm(x as tf.Tensor2D, scale as tf.Tensor1D, 1e-6);
  const gate = (x: tf.Tensor, y: tf.Tensor) => geluGate(x as tf.Tensor2D, y as tf.Tensor2D);
  const length = rows / batch;
  const bias = 4 * heads * rows * length;
  return [
    line('rmsNorm', '', { bytes: 2 * matrix }, () => withInputs([activation(), tf.ones([width])], norm)),
    line('rmsNorm', 'gradient too', { bytes: 5 * matrix }, () =>
      withGradients([activation(), tf.ones([width])], norm),
    ),
    line('geluGate', '', { bytes: 3 * matrix }, () => withInputs([activation(), activation()], gate)),
    line('geluGate', 'gradient too', { bytes: 8 * matrix }, () =>
      withGradients([activation(), activation()], gate),
    ),
    line('dropout', '', { bytes: 2 * matrix }, () =>
      withInputs([activation()], (x) => dropout(x as tf.Tensor2D, 0.1, 7)),
    ),
    line('embedding', '', { bytes: 2 * matrix }, () => withIds(rows, activation, withInputs)),
    line('embedding', 'gradient too', { bytes: 4 * matrix }, () => withIds(rows, activation, withGradients)),
    line('relativeBias', '', { bytes: bias }, () => biasLine(sizes, withInputs)),
    line('relativeBias', 'gradient too', { bytes: 2 * bias }, () => biasLine(sizes, withGradients)),
    line('crossEntropy', '', { bytes: scores }, () => lossLine(rows, vocabSize, tokenLosses)),
    line('crossEntropy', 'gradient too', { bytes: 2 * scores }, () =>
      lossLine(rows, vocabSize, (logits, labels) => {
        const { losses, dlogits } = lossesAndGradient(logits, labels, tf.scalar(1));
        return [losses, dlogits];
      }),
    ),
    line('attention', '', { flop: 4 * rows * length * width }, () => attentionLine(sizes, withInputs)),
    line('attention', 'gradient too', { flop: 14 * rows * length * width }, () =>
      attentionLine(sizes, withGradients),
    ),
    line('packedMatrix', '16 bits', { flop: 2 * rows * width * width }, () => packedLine(sizes, 'f16')),
    line('packedMatrix', '8 bits', { flop: 2 * rows * width * width }, () => packedLine(sizes, 'i8')),
    line('linear', 'with LoRA', { flop: 2 * rows * width * (width + 2 * rank) }, () => loraLine(sizes)),
  ];
}

/** Of LoRA's factors. */
const rank = 16;

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;
type Open = (inputs: tf.Tensor[], op: Op) => OpenLine;

function withInputs(inputs: tf.Tensor[], op: Op): OpenLine {
  return { run: () => op(...inputs), dispose: () => tf.dispose(inputs) };
}

/** The value and the gradients of all inputs. */
function withGradients(inputs: tf.Tensor[], op: Op): OpenLine {
  const gradients = tf.valueAndGrads((...given: tf.Tensor[]) => tf.sum(op(...given)));
  return { run: () => gradients(inputs).grads, dispose: () => tf.dispose(inputs) };
}

function withIds(rows: number, table: () => tf.Tensor2D, open: Open): OpenLine {
  const ids = tf.tensor1d(
    Int32Array.from({ length: rows }, (_, i) => (7 * i) % rows),
    'int32',
  );
  const opened = open([table()], (x) => embedding(x as tf.Tensor2D, ids));
  return withOthers(opened, [ids]);
}

function biasLine({ rows, batch, heads }: LineSizes, open: Open): OpenLine {
  const length = rows / batch;
  const buckets = Int32Array.from({ length: rows * length }, (_, i) => i % 32);
  const ids = tf.tensor1d(buckets, 'int32');
  const opened = open([tf.randomUniform([32, heads])], (table) =>
    relativeBias(table as tf.Tensor2D, ids, rows, length),
  );
  return withOthers(opened, [ids]);
}

function lossLine(
  rows: number,
  vocabSize: number,
  op: (logits: tf.Tensor2D, labels: tf.Tensor1D) => tf.TensorContainer,
): OpenLine {
  const logits = tf.randomUniform<tf.Rank.R2>([rows, vocabSize]);
  const labels = tf.tensor1d(
    Int32Array.from({ length: rows }, (_, i) => (7 * i) % vocabSize),
    'int32',
  );
  return { run: () => op(logits, labels), dispose: () => tf.dispose([logits, labels]) };
}

/** Self-attention with a frozen bias, as LoRA has it. */
function attentionLine({ rows, width, heads, batch }: LineSizes, open: Open): OpenLine {
  const length = rows / batch;
  const bias = tf.randomUniform<tf.Rank.R4>([1, heads, length, length]);
  const options = {
    batch,
    heads,
    queryLength: length,
    keyLength: length,
    bias,
    biasFrozen: true,
    keyMask: null,
    causal: false,
    dropoutRate: 0,
    seed: 0,
  };
  const projected = Array.from({ length: 3 }, () => tf.randomUniform<tf.Rank.R2>([rows, width], -1, 1));
  const opened = open(projected, (...given) => {
    const [query, key, value] = given as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    return attention({ query, key, value }, options);
  });
  return withOthers(opened, [bias]);
}

function frozenWeight(width: number, precision: WeightPrecision): tf.Tensor2D {
  const values = Float32Array.from({ length: width * width }, (_, i) => (((37 * i) % 255) - 127) / 64);
  return uploadFrozen('weight', [width, width], values, precision) as tf.Tensor2D;
}

function packedLine({ rows, width }: LineSizes, precision: WeightPrecision): OpenLine {
  const weight = frozenWeight(width, precision);
  const opened = withInputs([tf.randomUniform([rows, width])], (x) =>
    linear(x as tf.Tensor2D, weight, { frozen: true }),
  );
  return withOthers(opened, [weight]);
}

function loraLine({ rows, width }: LineSizes): OpenLine {
  const weight = frozenWeight(width, 'f32');
  const inputs = [tf.randomUniform([rows, width]), tf.randomUniform([rank, width]), tf.zeros([width, rank])];
  const opened = withInputs(inputs, (...given) => {
    const [x, a, b] = given as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    return loraLinear(x, weight, { a, b, factor: 2, dropoutRate: 0, seed: 0 });
  });
  return withOthers(opened, [weight]);
}

/** With tensors that are none of its inputs. */
function withOthers({ run, dispose }: OpenLine, others: tf.Tensor[]): OpenLine {
  return {
    run,
    dispose() {
      dispose();
      tf.dispose(others);
    },
  };
}
