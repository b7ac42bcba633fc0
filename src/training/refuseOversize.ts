/** Turns a run away before it starts when it surely cannot fit, with numbers and what to change. */
import { activationBytes } from '../engine/t5/activationBytes.ts';
import {
  largestTensorBytes,
  planMemory,
  type BatchShape,
  type MemoryRequest,
} from '../engine/t5/memoryPlan.ts';
import { formatBytes } from '../lib/format.ts';
import { ProblemError } from '../lib/problem.ts';
import type { TokenSet } from '../data/tokenSet.ts';
import { paddedLabelLength, paddedLength } from '../data/collate.ts';

/** What a device allows. */
export interface MemoryLimits {
  readonly kind: 'webgpu' | 'wasm' | 'cpu';
  /** The largest tensor; Infinity outside WebGPU. */
  readonly tensorBytes: number;
}

/** WebAssembly addresses 32 bits. */
const WASM_BYTES = 2 ** 32;

/** Throws a ProblemError when even with layers computed again the run is beyond the device. WebGPU tells the size of the
 *  largest tensor only, so a run may pass and still end in an out-of-memory error. */
export function refuseOversize(request: MemoryRequest, limits: MemoryLimits): void {
  const { size, inputLength, labelLength } = request.batch;
  const batch = `a batch of ${size} rows with up to ${inputLength} input and ${labelLength} target tokens`;
  const tensor = largestTensorBytes(request);
  if (tensor > limits.tensorBytes) {
    throw new ProblemError({
      code: 'run-tensor-too-large',
      message: `With ${batch} the largest tensor takes ${formatBytes(tensor)}; this device allows ${formatBytes(limits.tensorBytes)} in one piece.`,
      fix: smaller(request),
    });
  }
  if (limits.kind !== 'wasm') return;
  const { weightBytes, trainingBytes, workBytes } = planMemory({ ...request, frozenBytes: 4 }, true);
  const perLayer = request.config.numLayers + request.config.numDecoderLayers;
  const needed =
    weightBytes + trainingBytes + workBytes + activationBytes(request.config, request.batch) / perLayer;
  if (needed > WASM_BYTES) {
    throw new ProblemError({
      code: 'run-too-large-for-wasm',
      message: `With ${batch} this run takes at least ${formatBytes(needed)}; WebAssembly has ${formatBytes(WASM_BYTES)}.`,
      fix: `${smaller(request)} On WebGPU there is more room.`,
    });
  }
}

function smaller({ trainsAll, batch }: MemoryRequest): string {
  const half = Math.max(1, Math.floor(batch.size / 2));
  const smallerBatch =
    batch.size > 1
      ? `Set the batch size to ${half} and raise gradient accumulation to keep the rows of a step, or shorten the longest input.`
      : 'Shorten the longest input.';
  return trainsAll ? `Use LoRA instead of full training. ${smallerBatch}` : smallerBatch;
}

/** The largest batch that rows of these lengths can make. */
export function largestBatch(tokens: TokenSet, size: number): BatchShape {
  const longest = (offsets: Uint32Array): number => {
    let length = 0;
    for (let i = 1; i < offsets.length; i++) length = Math.max(length, offsets[i]! - offsets[i - 1]!);
    return length;
  };
  return {
    size: Math.min(size, tokens.exampleCount),
    inputLength: paddedLength(longest(tokens.inputOffsets)),
    labelLength: paddedLabelLength(longest(tokens.labelOffsets)),
  };
}
