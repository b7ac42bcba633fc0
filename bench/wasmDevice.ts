/** The WASM backend as the page opens it. */
import { openDevice, type Device } from '../src/engine/device.ts';
import { threadedWasmFiles, wasmFiles } from '../src/engine/wasmFiles.ts';

/** Threaded where the page is isolated, as the bench's page is. */
export async function openWasmDevice(): Promise<Device> {
  const device = await openDevice('wasm', { wasmPaths: wasmFiles, threadedWasm: threadedWasmFiles });
  console.info(`  on ${device.name}`);
  return device;
}
