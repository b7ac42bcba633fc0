/** The lines of all ops that have a kernel. `linear` has a case of its own, too: `matmul`. */
import { decodingLines } from './decodingLines.ts';
import type { KernelLine, LineSizes } from './kernelLine.ts';
import { layerLines } from './layerLines.ts';
import { updateLines } from './updateLines.ts';

export function kernelLines(sizes: LineSizes): KernelLine[] {
  return [...layerLines(sizes), ...updateLines(sizes), ...decodingLines(sizes)];
}
