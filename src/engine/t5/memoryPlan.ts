/**
 * How much GPU memory training takes at its peak, predicted from shapes alone. Pure: the page shows it before a run, and the
 * training loop decides by it whether layers are computed again for the backward pass. Letters: see t5.ts.
 *
 * What is held at the peak: weights, what is trained with its moments and gradients, the tensors that wait for the backward
 * pass, the insides and gradients of the layer being worked on, one chunk of logits, free buffers of the pool, and what
 * recorded steps own. The factors below were fitted to what tfjs's pool really held; memoryPlan.test.ts holds the sums against it.
 */
import { MOST_RECORDED_BYTES } from '../replay/recordedBytes.ts';
import { rowChunks } from '../ops/crossEntropy/rowChunks.ts';
import type { T5Config } from './config.ts';
import { tensorSpecs } from './spec.ts';

/** The shape of a batch. */
export interface BatchShape {
  readonly size: number;
  readonly inputLength: number;
  readonly labelLength: number;
}

/** What decides the memory of a run. */
export interface MemoryRequest {
  readonly config: T5Config;
  readonly batch: BatchShape;
  /** All weights are trained, beside a frozen copy of them; otherwise an adapter is. */
  readonly trainsAll: boolean;
  readonly trainedCount: number;
  /** Whether the optimizer keeps two numbers for each that is trained, as AdamW does, or only means of rows and columns. */
  readonly keepsMoments: boolean;
  /** Modules with a low-rank adapter, as `q` and `v`. */
  readonly adapted: readonly string[];
  /** Bytes of a number in frozen matrices: 4, or 2 or 1 where they are packed. */
  readonly frozenBytes: number;
  /** Whether activations are dropped out, which takes a copy of them. */
  readonly hasDropout: boolean;
}

/** Bytes by purpose; `totalBytes` is their sum. */
export interface MemoryPlan {
  readonly recomputesLayers: boolean;
  /** Frozen weights. */
  readonly weightBytes: number;
  /** Trained parameters, their gradients and moments. */
  readonly trainingBytes: number;
  /** What waits for the backward pass. */
  readonly keptBytes: number;
  /** The layer being worked on, and the logits. */
  readonly workBytes: number;
  /** Free buffers that the pool keeps for later. */
  readonly slackBytes: number;
  /** What recorded steps own, at most. */
  readonly recordedBytes: number;
  readonly totalBytes: number;
}

/** How a run holds its tensors, fitted. */
interface Factors {
  /** Bytes at the peak for each byte kept: the last layers' gradients come while the first layers' values still wait. */
  readonly kept: number;
  /** What the pool holds over what tensors use; it stops at 1.25. */
  readonly pool: number;
}

/** With an adapter many products need not wait for the backward pass. */
const KEEPING_ADAPTER: Factors = { kept: 0.65, pool: 1.25 };
const KEEPING_ALL: Factors = { kept: 1.15, pool: 1.1 };
const RECOMPUTING: Factors = { kept: 1.45, pool: 1.25 };
/** Bytes at work for each byte of a recomputed layer's forward pass: gradients come as values go. */
const LAYER_FACTOR = 1;

/** The peak of a run, with layers kept or computed again. */
export function planMemory(request: MemoryRequest, recomputesLayers: boolean): MemoryPlan {
  const { trainsAll, trainedCount, keepsMoments } = request;
  const factors = recomputesLayers ? RECOMPUTING : trainsAll ? KEEPING_ALL : KEEPING_ADAPTER;
  const weightBytes = frozenWeightBytes(request);
  const trainingBytes = (keepsMoments ? 16 : 8) * trainedCount; // parameter, gradient and, with AdamW, two moments
  const layers = layerBytes(request);
  const sum = (sizes: readonly number[]) => sizes.reduce((a, b) => a + b, 0);
  const keptBytes =
    factors.kept * sum(layers.map(({ input, inside }) => (recomputesLayers ? input : inside)));
  const largest = Math.max(...layers.map(({ inside }) => inside));
  const workBytes = (recomputesLayers ? LAYER_FACTOR * largest : 0) + headBytes(request);
  const used = weightBytes + trainingBytes + keptBytes + workBytes;
  // Parameters and moments, where they are most of it, are never free.
  const lasting = trainsAll ? weightBytes + (trainingBytes - 4 * trainedCount) : 0;
  const slackBytes = Math.round((factors.pool - 1) * (used - lasting));
  return {
    recomputesLayers,
    weightBytes,
    trainingBytes,
    keptBytes,
    workBytes,
    slackBytes,
    recordedBytes: MOST_RECORDED_BYTES,
    totalBytes: used + slackBytes + MOST_RECORDED_BYTES,
  };
}

function frozenWeightBytes({ config, frozenBytes }: MemoryRequest): number {
  return tensorSpecs(config).reduce((sum, { name, shape }) => {
    const isMatrix = shape.length === 2 && !name.endsWith('relative_attention_bias.weight');
    return sum + shape.reduce((a, b) => a * b, isMatrix ? frozenBytes : 4);
  }, 0);
}

/** Bytes of what goes into each layer, and of all that its forward pass makes. */
function layerBytes({
  config,
  batch,
  adapted,
  hasDropout,
}: MemoryRequest): { input: number; inside: number }[] {
  const { dModel: D, dFf: F, numHeads: H, numLayers, numDecoderLayers } = config;
  const inner = H * config.dKv;
  const encoderRows = 4 * batch.size * batch.inputLength;
  const decoderRows = 4 * batch.size * batch.labelLength;
  const drop = hasDropout ? 1 : 0;
  const has = (module: string) => (adapted.includes(module) ? 1 : 0);
  // An adapter makes its product and the sum, from an input dropped out; ranks are small beside widths.
  const projection = (module: string, width: number, inputWidth: number) =>
    width + has(module) * (2 * width + drop * inputWidth);
  const queryAndOutput = 2 * D + projection('q', inner, D) + inner + projection('o', D, inner) + drop * D;
  const keyAndValue = projection('k', inner, D) + projection('v', inner, D);
  const isGated = config.feedForwardProj === 'gated-gelu';
  const inputs = isGated ? projection('wi_0', F, D) + projection('wi_1', F, D) : projection('wi', F, D);
  const feedForward = 2 * D + inputs + F + drop * (F + D) + projection('wo', D, F);
  const scores = (length: number) => H * length; // the bias, shared by the batch
  const self = (rows: number, length: number) => ({
    input: rows * D,
    inside: rows * (queryAndOutput + keyAndValue) + (rows / batch.size) * scores(length),
  });
  const cross = {
    input: decoderRows * D,
    inside: decoderRows * queryAndOutput + encoderRows * (keyAndValue + D),
  };
  const after = (rows: number) => ({ input: rows * D, inside: rows * feedForward });
  return [
    ...Array.from({ length: numLayers }, () => [
      self(encoderRows, batch.inputLength),
      after(encoderRows),
    ]).flat(),
    ...Array.from({ length: numDecoderLayers }, () => [
      self(decoderRows, batch.labelLength),
      cross,
      after(decoderRows),
    ]).flat(),
  ];
}

/** One chunk of logits and, where the head is trained, its gradient twice: summed and new. */
function headBytes({ config, batch, trainsAll }: MemoryRequest): number {
  const [first] = rowChunks(batch.size * batch.labelLength, config.vocabSize);
  const head = 4 * config.vocabSize * config.dModel;
  return 4 * (first?.rows ?? 0) * config.vocabSize + (trainsAll ? head : 0);
}

/** Up to this many bytes in all a run keeps everything, however small it is without. */
const ROOMY_BYTES = 400e6;
/** Beyond it, keeping everything may take this much more than computing again. */
const KEEPING_FACTOR = 1.25;

/**
 * How a batch is best run: everything is kept where that fits 400 MB or costs at most a quarter more memory, and otherwise
 * layers are computed again, which takes about a third more time.
 */
export function chooseMemoryPlan(request: MemoryRequest): MemoryPlan {
  const keeping = planMemory(request, false);
  const again = planMemory(request, true);
  const isRoomy = keeping.totalBytes <= Math.max(ROOMY_BYTES, KEEPING_FACTOR * again.totalBytes);
  return isRoomy ? keeping : again;
}

/** The largest tensor of a run in bytes: GPUs allow only so much in one piece. */
export function largestTensorBytes({ config, batch, trainsAll, frozenBytes }: MemoryRequest): number {
  const { dModel, dFf, numHeads, dKv, vocabSize } = config;
  const rows = batch.size * Math.max(batch.inputLength, batch.labelLength);
  const activation = 4 * rows * Math.max(dModel, dFf, numHeads * dKv);
  const table = (trainsAll ? 4 : frozenBytes) * vocabSize * dModel;
  const bias = 4 * numHeads * Math.max(batch.inputLength, batch.labelLength) ** 2;
  return Math.max(activation, table, bias);
}
