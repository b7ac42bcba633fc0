/**
 * Starts tfjs's WASM backend with threads. tfjs itself hands its threads the text of one of its functions, which no longer
 * runs once a build has renamed what that function uses; here they load the untouched file.
 */
import { BackendWasm, setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import makeModule, {
  type BackendWasmThreadedSimdModule,
} from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js';
import { wasmWorkerContents } from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.worker.js';

/** Addresses of the two files that threads need, as the build places them. */
export interface ThreadedFiles {
  /** `tfjs-backend-wasm-threaded-simd.wasm` */
  readonly binary: string;
  /** `tfjs-backend-wasm-threaded-simd.js`, as it lies in the package. */
  readonly script: string;
}

/** The module starts this many workers, whatever is asked for. */
const MOST_THREADS = 8;

/** A worker that cannot start says nothing: after this long there will be no threads. */
const START_LIMIT_MS = 20_000;

/** Threads that this machine has use for. */
export function usefulThreads(): number {
  return Math.max(1, Math.min(MOST_THREADS, globalThis.navigator.hardwareConcurrency));
}

/** A backend that computes in `count` threads. Needs a cross-origin isolated page; rejects when threads do not start. */
export async function startThreadedWasm(files: ThreadedFiles, count: number): Promise<BackendWasm> {
  const workerText = wasmWorkerContents.replaceAll('\n', String.raw`\n`); // line ends inside of its own strings
  const workerAddress = URL.createObjectURL(new Blob([workerText], { type: 'text/javascript' }));
  try {
    const module = await makeWithinLimit(files, workerAddress, count);
    setThreadsCount(count);
    return new BackendWasm(withCalls(module));
  } finally {
    URL.revokeObjectURL(workerAddress);
  }
}

type ReceiveInstance = (instance: WebAssembly.Instance, module: WebAssembly.Module) => void;

function makeWithinLimit(
  files: ThreadedFiles,
  workerAddress: string,
  count: number,
): Promise<BackendWasmThreadedSimdModule> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error('The threads of WASM did not start.'));
    const timer = setTimeout(late, START_LIMIT_MS);
    const instantiateWasm = (imports: WebAssembly.Imports, receive: ReceiveInstance): object => {
      // The binary takes half of these at most, and `count` is what is wanted.
      imports['env']!['emscripten_num_logical_cores'] = () => 2 * count;
      WebAssembly.instantiateStreaming(fetch(files.binary), imports).then(
        ({ instance, module }) => receive(instance, module),
        reject,
      );
      return {}; // the exports come later
    };
    makeModule({
      mainScriptUrlOrBlob: files.script,
      locateFile: (path, prefix) => (path.endsWith('.worker.js') ? workerAddress : prefix + path),
      instantiateWasm,
    })
      .then((module) => resolve(module as BackendWasmThreadedSimdModule), reject)
      .finally(() => clearTimeout(timer));
  });
}

/** The functions that tfjs calls on the module, bound as its own start binds them. */
function withCalls(module: BackendWasmThreadedSimdModule): BackendWasmThreadedSimdModule {
  const { cwrap } = module as unknown as {
    cwrap(this: void, name: string, result: string | null, of: string[]): (...values: number[]) => number;
  };
  const tfjs = {
    init: cwrap('init', null, []),
    initWithThreadsCount: cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: cwrap('get_threads_count', 'number', []),
    registerTensor: cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: cwrap('dispose_data', null, ['number']),
    dispose: cwrap('dispose', null, []),
  };
  return Object.assign(module, { tfjs });
}
