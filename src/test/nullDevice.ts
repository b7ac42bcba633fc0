/** Dawn's null adapter: takes every command and computes nothing. Allocations are counted on it as on any other. */
import type { Device } from '../engine/device.ts';

/** Opens it as this test file's WebGPU, with Dawn's toggles of these names. */
export async function openNullDevice(toggles: readonly string[] = []): Promise<Device> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const navigator = {
    gpu: create(['backend=null', ...toggles.map((name) => `enable-dawn-features=${name}`)]),
    userAgent: 'node',
    hardwareConcurrency: 1,
  };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  const { openDevice } = await import('../engine/device.ts');
  return openDevice('webgpu');
}
