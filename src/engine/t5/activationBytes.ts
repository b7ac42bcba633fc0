/** How much memory one training pass takes beyond the weights, estimated from shapes. Pure: the page shows it too. */
import type { T5Config } from './config.ts';

/** The shape of a batch. */
export interface BatchShape {
  readonly size: number;
  readonly inputLength: number;
  readonly labelLength: number;
}

/**
 * Backward passes hold the kept values and, until they end, the gradients of those values; short-lived buffers come on
 * top. Measured on WebGPU: 2.5 to 3 bytes in all for each byte kept.
 */
const BYTES_PER_KEPT_BYTE = 3;

/** Bytes at the peak of a forward and backward pass that keeps everything. Letters: see t5.ts. */
export function activationBytes(config: T5Config, { size, inputLength, labelLength }: BatchShape): number {
  const { dModel: D, dFf: F, numHeads: H } = config;
  const inner = H * config.dKv;
  const hidden = config.feedForwardProj === 'gated-gelu' ? 3 * F : 2 * F;
  const attention = (keyLength: number) => 2 * D + 4 * inner + H * keyLength;
  const feedForward = 2 * D + hidden;
  const encoder = config.numLayers * (attention(inputLength) + feedForward);
  const decoder = config.numDecoderLayers * (attention(labelLength) + attention(inputLength) + feedForward);
  const crossKeys = config.numDecoderLayers * 2 * inner;
  const floats =
    size * inputLength * (encoder + crossKeys) + size * labelLength * (decoder + 2 * config.vocabSize);
  return 4 * BYTES_PER_KEPT_BYTE * floats;
}
