/** Addresses of tfjs's WASM binaries as the build places them beside the page: nothing comes from a CDN. */
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';

/** File name → absolute address, as `setWasmPaths` wants it. */
export const wasmFiles: Record<string, string> = {
  'tfjs-backend-wasm.wasm': new URL(plain, import.meta.url).href,
  'tfjs-backend-wasm-simd.wasm': new URL(simd, import.meta.url).href,
  'tfjs-backend-wasm-threaded-simd.wasm': new URL(threaded, import.meta.url).href,
};
