/** The WASM backend as the page opens it. */
import { openDevice, type Device } from '../src/engine/device.ts';
import { threadedWasmFiles, wasmFiles } from '../src/engine/wasmFiles.ts';
import type { BenchOptions } from './benchOptions.ts';

/** Threaded where the page is isolated, as the bench's page is, unless one thread is asked for. */
export async function openWasmDevice({ hasThreads }: BenchOptions): Promise<Device> {
  const threads = hasThreads ? { threadedWasm: threadedWasmFiles } : {};
  const device = await openDevice('wasm', { wasmPaths: wasmFiles, ...threads });
  console.info(`  on ${device.name}`);
  return device;
}
