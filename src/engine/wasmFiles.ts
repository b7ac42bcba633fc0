/** Addresses of tfjs's WASM files as the build places them beside the page: nothing comes from a CDN. */
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import script from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js?url';
import type { ThreadedFiles } from './wasmThreads.ts';

const absolute = (address: string): string => new URL(address, import.meta.url).href;

/** File name → absolute address, as `setWasmPaths` wants it. */
export const wasmFiles: Record<string, string> = {
  'tfjs-backend-wasm.wasm': absolute(plain),
  'tfjs-backend-wasm-simd.wasm': absolute(simd),
  'tfjs-backend-wasm-threaded-simd.wasm': absolute(threaded),
};

/** What `startThreadedWasm` loads. */
export const threadedWasmFiles: ThreadedFiles = { binary: absolute(threaded), script: absolute(script) };
