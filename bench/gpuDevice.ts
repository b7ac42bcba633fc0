/** WebGPU as the page opens it. */
import { openDevice, type Device } from '../src/engine/device.ts';
import { matmulChoices } from '../src/engine/ops/linear/matmulChoice.ts';
import type { ProductBits } from '../src/engine/ops/linear/matmulKernels.ts';
import { tuneMatmul } from '../src/engine/ops/linear/matmulTuning.ts';

/** On a GPU the kernels of products are measured first; a software adapter has its own. */
export async function openGpuDevice(): Promise<Device> {
  const device = await openDevice('webgpu');
  await tuneForBench(device);
  return device;
}

/** Chooses the kernels of products on an open device, and says which; returns them by class, none on a software adapter. */
export async function tuneForBench(
  { name, isSoftware }: Device,
  bits: ProductBits = 32,
): Promise<Record<string, string>> {
  if (isSoftware) return {};
  const { times } = await tuneMatmul(name, undefined, { bits });
  const choices = matmulChoices(bits);
  if (times.length > 0) {
    const words = Object.entries(choices).map(([product, kernel]) => `${product} ${kernel}`);
    console.info(`  kernels of products in ${bits} bits: ${words.join(', ')}`);
  }
  return choices;
}
