/**
 * The compute devices Graft trains on. The only file that names `navigator.gpu`: finds the adapter, requests our own
 * GPUDevice with raised limits, puts tfjs's WebGPU backend on it, and watches it for errors and loss.
 */
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu'; // registers the WebGPU kernels
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { ProblemError, type Problem } from '../lib/problem.ts';
import { errorProblem, reportErrors } from './errorScopes.ts';
import { matrixFeature, matrixUnitsOf } from './matrixUnits.ts';
import { registerBinaryKernels } from './ops/binary/binary.ts';
import { setMatrixUnits, setReductionStyle } from './runtime.ts';
import { prepareBackend } from './tfjsBackend.ts';
import { startWasm } from './startWasm.ts';
import type { ThreadedFiles } from './wasmThreads.ts';

export type DeviceKind = 'webgpu' | 'wasm' | 'cpu';

/** Why a device can no longer be used. */
export interface DeviceLoss {
  reason: string;
  message: string;
}

/** An open compute device; tfjs runs on the one opened last. */
export interface Device {
  kind: DeviceKind;
  /** For people: the adapter's name, or `WASM, 4 threads`. */
  name: string;
  /** A GPU emulated on the processor: correct, but slower than WASM. */
  isSoftware: boolean;
  /** WebGPU features in use, e.g. `shader-f16`. */
  features: string[];
  /** Largest single allocation and largest one a kernel can see; Infinity outside WebGPU. */
  limits: { maxBufferBytes: number; maxBindingBytes: number };
  /** Resolves when the device is lost, but not by `close`; never rejects. */
  lost: Promise<DeviceLoss>;
  /** The first GPU error or the loss, if any. A run that meets one must fail: WebGPU does not throw, it goes on with
   *  wrong values. */
  problem(): Problem | undefined;
  /** Frees the device and everything on it. */
  close(): void;
}

/** How the WASM backend starts; other kinds take no options. */
export interface DeviceOptions {
  /** Where its binaries are: a folder URL, or an absolute URL per file name. Not needed in Node. */
  wasmPaths?: string | Record<string, string>;
  /** What threads need. With it WASM computes in one thread per core, 8 at most, where the page is cross-origin
   *  isolated and threads are faster than one; in one thread elsewhere. */
  threadedWasm?: ThreadedFiles;
}

/** What this browser offers, found without starting tfjs. */
export interface DeviceReport {
  webgpu: 'missing' | 'no-adapter' | 'software' | 'hardware';
  /** Name of the adapter, or an empty string. */
  adapterName: string;
  /** Why WebGPU on a GPU cannot be used and what to do about it; undefined for hardware. */
  problem: Problem | undefined;
  wasm: boolean;
}

const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
] as const;
const wantedFeatures: readonly GPUFeatureName[] = [
  'shader-f16',
  'subgroups',
  'timestamp-query',
  matrixFeature,
];

/** Dispatches per submit: more saves time in JavaScript, fewer lets freed buffers be used again sooner. */
const dispatchesPerSubmit = 48;

/** Opens a device and makes it tfjs's backend. Throws a ProblemError when this browser has none of that kind. */
export async function openDevice(kind: DeviceKind, options: DeviceOptions = {}): Promise<Device> {
  if (kind === 'webgpu') return openWebgpu();
  if (kind === 'wasm') return openWasm(options);
  await startBackend('cpu');
  return processorDevice('cpu', 'JavaScript, 1 thread');
}

/** Looks at what is there without starting anything. Works in workers. */
export async function probeDevices(): Promise<DeviceReport> {
  const wasm = typeof WebAssembly === 'object';
  const gpu = browserGpu();
  if (gpu === undefined) return { webgpu: 'missing', adapterName: '', problem: missingProblem(), wasm };
  const adapter = await requestAdapter(gpu);
  if (adapter === null) return { webgpu: 'no-adapter', adapterName: '', problem: noAdapterProblem, wasm };
  const adapterName = nameOf(adapter);
  if (!isSoftwareAdapter(adapter)) return { webgpu: 'hardware', adapterName, problem: undefined, wasm };
  return { webgpu: 'software', adapterName, problem: softwareProblem(adapterName), wasm };
}

async function openWebgpu(): Promise<Device> {
  const gpu = browserGpu();
  if (gpu === undefined) throw new ProblemError(missingProblem());
  const adapter = await requestAdapter(gpu);
  if (adapter === null) throw new ProblemError(noAdapterProblem);
  const requiredFeatures = wantedFeatures.filter((feature) => adapter.features.has(feature));
  const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]]));
  const device = await requestDevice(adapter, { requiredFeatures, requiredLimits, label: 'graft' });

  let problem: Problem | undefined;
  device.addEventListener('uncapturederror', ({ error }) => {
    problem ??= errorProblem(error);
  });
  reportErrors(device, (found) => {
    problem ??= found;
  });
  let isClosing = false;
  const lost = new Promise<DeviceLoss>((resolve) => {
    void device.lost.then(({ reason, message }) => {
      if (isClosing) return;
      problem ??= lossProblem(message);
      resolve({ reason, message });
    });
  });

  // Kernels stay registered under the name; only the backend made for it is replaced.
  if (tf.findBackendFactory('webgpu') != null) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, adapter.info), 3);
  await startBackend('webgpu');
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', dispatchesPerSubmit);
  prepareBackend();
  registerBinaryKernels();
  const isSoftware = isSoftwareAdapter(adapter);
  setReductionStyle(isSoftware ? 'invocation' : 'subgroup');
  setMatrixUnits(matrixUnitsOf(adapter));
  return {
    kind: 'webgpu',
    name: nameOf(adapter),
    isSoftware,
    features: requiredFeatures,
    limits: {
      maxBufferBytes: device.limits.maxBufferSize,
      maxBindingBytes: device.limits.maxStorageBufferBindingSize,
    },
    lost,
    problem: () => problem,
    close() {
      isClosing = true;
      const current = tf.findBackend('webgpu') as WebGPUBackend | null;
      if (current?.device === device) tf.removeBackend('webgpu');
      device.destroy();
    },
  };
}

async function openWasm({ wasmPaths, threadedWasm }: DeviceOptions): Promise<Device> {
  if (wasmPaths !== undefined) setWasmPaths(wasmPaths);
  const threads = await startWasm(threadedWasm);
  if (threads === 0) throw startProblem('wasm');
  return processorDevice('wasm', `WASM, ${threads} ${threads === 1 ? 'thread' : 'threads'}`);
}

async function startBackend(name: DeviceKind): Promise<void> {
  if (!(await tf.setBackend(name))) throw startProblem(name);
}

function startProblem(name: DeviceKind): ProblemError {
  return new ProblemError({
    code: 'device-start-failed',
    message: `The ${name} backend did not start.`,
    fix: 'Reload the page; if it happens again, choose another device.',
  });
}

function processorDevice(kind: 'wasm' | 'cpu', name: string): Device {
  return {
    kind,
    name,
    isSoftware: false,
    features: [],
    limits: { maxBufferBytes: Infinity, maxBindingBytes: Infinity },
    lost: new Promise(() => {}), // processors stay
    problem: () => undefined,
    close() {
      const start = tf.findBackendFactory(kind);
      tf.removeBackend(kind);
      tf.registerBackend(kind, start); // so that it can be opened again
    },
  };
}

/** `navigator.gpu`, which browsers without WebGPU and insecure pages lack. */
function browserGpu(): GPU | undefined {
  return (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
}

async function requestAdapter(gpu: GPU): Promise<GPUAdapter | null> {
  return gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
}

async function requestDevice(adapter: GPUAdapter, wanted: GPUDeviceDescriptor): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice(wanted);
  } catch (cause) {
    throw new ProblemError(
      {
        code: 'webgpu-device-refused',
        message: `The GPU (${nameOf(adapter)}) was found but could not be opened: ${(cause as Error).message}`,
        fix: 'Close other pages that use the GPU and reload; or train on WASM, which is slower.',
      },
      { cause },
    );
  }
}

function isSoftwareAdapter({ info }: GPUAdapter): boolean {
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/iu.test(text);
}

function nameOf({ info }: GPUAdapter): string {
  if (info.description !== '') return info.description;
  const parts = [info.vendor, info.architecture, info.device].filter((part) => part !== '');
  return parts.length === 0 ? 'Unnamed GPU' : parts.join(' ');
}

function missingProblem(): Problem {
  const isSecure = (globalThis as { isSecureContext?: boolean }).isSecureContext ?? true; // Node has none
  if (!isSecure) {
    return {
      code: 'webgpu-insecure-page',
      message: 'This page was not loaded securely, so the browser hides WebGPU from it.',
      fix: 'Open it over https, or from localhost.',
    };
  }
  return {
    code: 'webgpu-missing',
    message: 'This browser does not offer WebGPU.',
    fix: 'Use a current Chrome or Edge (on Linux, start it with the flag --enable-unsafe-webgpu and an up-to-date graphics driver), Firefox 141 or Safari 26; or train on WASM, which is slower.',
  };
}

const noAdapterProblem: Problem = {
  code: 'webgpu-no-adapter',
  message: 'The browser offers WebGPU but found no usable GPU.',
  fix: 'Update the graphics driver and turn on hardware acceleration in the browser settings; on Linux, start Chrome with --enable-unsafe-webgpu --enable-features=Vulkan; or train on WASM, which is slower.',
};

function softwareProblem(name: string): Problem {
  return {
    code: 'webgpu-software',
    message: `WebGPU runs on the processor here (${name}), not on a GPU.`,
    fix: 'Train on WASM, which is faster on this machine; to use a GPU, turn on hardware acceleration in the browser settings and update the graphics driver.',
  };
}

function lossProblem(message: string): Problem {
  return {
    code: 'gpu-lost',
    message: `The connection to the GPU was lost: ${message.replace(/\.?$/u, '.')}`,
    fix: 'Resume from the last checkpoint; use a smaller batch size if it happens again.',
  };
}
