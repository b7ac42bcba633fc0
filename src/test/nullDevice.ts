/** Dawn's null adapter: takes every command and computes nothing. Allocations are counted on it as on any other. */
import type { Device } from '../engine/device.ts';

/** Opens it as this test file's WebGPU. */
export async function openNullDevice(): Promise<Device> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const navigator = { gpu: create(['backend=null']), userAgent: 'node', hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  const { openDevice } = await import('../engine/device.ts');
  return openDevice('webgpu');
}
