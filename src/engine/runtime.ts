/**
 * Raw WGSL kernels on tfjs's own device, tensors and command encoder, so that order with stock tfjs ops holds by
 * construction. Adds what tfjs lacks: several outputs, in-place writes, cached uniforms and bind groups.
 * Relies on private fields of tfjs-backend-webgpu 4.22 (`TfjsBackend` below lists them); the version is pinned.
 */
import * as tf from '@tensorflow/tfjs';
import { ProblemError } from '../lib/problem.ts';

/** What one kernel run needs. Bindings are numbered: written tensors first, then read ones, then the uniform block. */
export interface KernelRun {
  /** Names the WGSL text: the same key must always come with the same code. */
  key: string;
  /** Builds the WGSL text; called once per device and key. The entry point is `main`. */
  code: () => string;
  /** Tensors bound as `read_write`; may be written in place. A tensor must not be both written and read. */
  writes: readonly tf.TensorInfo[];
  /** Tensors bound as `read`. */
  reads: readonly tf.TensorInfo[];
  /** Values of the uniform struct, in order: first all `u32`, then all `f32`. */
  uniforms: { u32?: readonly number[]; f32?: readonly number[] };
  /** Number of workgroups in x, y, z. */
  workgroups: readonly [number, number, number];
}

/** How rows are reduced: one invocation per row (best on software adapters) or one workgroup per row (hardware). */
export type ReductionStyle = 'invocation' | 'workgroup';

interface TensorRecord {
  values: unknown;
  resource?: GPUBuffer;
  refCount: number;
}

/** The parts of tfjs's WebGPUBackend used here, most of them private in its types. */
interface TfjsBackend {
  device: GPUDevice;
  tensorMap: { get(id: object): TensorRecord };
  bufferManager: TfjsBufferPool;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  commandQueueOwnedIds: WeakSet<object>;
  dispatchCountInPass: number;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(id: object): void;
  makeTensorInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer>;
  incRef(id: object): void;
}

/** tfjs's buffer pool: free buffers by exact size, never given back by itself. */
export interface TfjsBufferPool {
  freeBuffers: Map<string, GPUBuffer[]>;
  numFreeBuffers: number;
  numBytesAllocated: number;
  numBytesUsed: number;
  acquireBuffer(
    size: number,
    usage: GPUBufferUsageFlags,
    mappedAtCreation?: boolean,
    reuse?: boolean,
  ): GPUBuffer;
}

interface CompiledKernel {
  id: number;
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
}

/** Everything cached for one device; dropped with it. */
interface DeviceCache {
  kernels: Map<string, CompiledKernel>;
  uniforms: Map<string, GPUBuffer>;
  bindGroups: Map<string, GPUBindGroup>;
  bufferIds: WeakMap<GPUBuffer, number>;
  nextBufferId: number;
  reductionStyle: ReductionStyle;
}

const maxCachedUniforms = 2048;
const maxCachedBindGroups = 8192;
const maxWorkgroupsPerDimension = 65535;
const caches = new WeakMap<GPUDevice, DeviceCache>();

/** Whether ops run on WebGPU now; all raw kernels need it. */
export function isWebgpu(): boolean {
  return tf.getBackend() === 'webgpu';
}

function backend(): TfjsBackend {
  return tf.backend() as unknown as TfjsBackend;
}

function deviceCache(device: GPUDevice): DeviceCache {
  let cache = caches.get(device);
  if (cache === undefined) {
    cache = {
      kernels: new Map(),
      uniforms: new Map(),
      bindGroups: new Map(),
      bufferIds: new WeakMap(),
      nextBufferId: 0,
      reductionStyle: 'workgroup',
    };
    caches.set(device, cache);
  }
  return cache;
}

/** How row kernels reduce on the present device. */
export function reductionStyle(): ReductionStyle {
  return deviceCache(backend().device).reductionStyle;
}

/** Sets how row kernels reduce on the present device: done by `openDevice`, and by tests that try both. */
export function setReductionStyle(style: ReductionStyle): void {
  deviceCache(backend().device).reductionStyle = style;
}

/** A tensor on the GPU whose content is undefined until a kernel writes it. Owned by the current `tf.tidy`. */
export function allocate<R extends tf.Rank>(
  shape: tf.ShapeMap[R],
  dtype: 'float32' | 'int32' = 'float32',
): tf.Tensor<R> {
  const gpu = backend();
  const info = gpu.makeTensorInfo(shape, dtype);
  gpu.uploadToGPU(info.dataId);
  return tf.engine().makeTensorFromTensorInfo(info) as tf.Tensor<R>;
}

/** A second tensor on the same buffer: for kernels that give their input's memory to their output. */
export function shareBuffer<T extends tf.Tensor>(tensor: T): T {
  backend().incRef(tensor.dataId);
  const { dataId, shape, dtype } = tensor;
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }) as T;
}

/** How many tensors hold this one's buffer, itself included: clones, reshapes and `tf.variable(x)` share it. */
export function bufferHolders(tensor: tf.TensorInfo): number {
  return backend().tensorMap.get(tensor.dataId).refCount;
}

/** Whether another tensor shares this one's buffer, so that it must not be written. */
export function isShared(tensor: tf.TensorInfo): boolean {
  return bufferHolders(tensor) > 1;
}

/** Records one kernel into tfjs's command encoder. Written tensors lose their stale CPU copy. */
export function runKernel(run: KernelRun): void {
  const gpu = backend();
  const cache = deviceCache(gpu.device);
  let kernel = cache.kernels.get(run.key);
  if (kernel === undefined) {
    kernel = compile(gpu.device, run, cache.kernels.size);
    cache.kernels.set(run.key, kernel);
  }
  const buffers: GPUBuffer[] = [];
  for (const tensor of run.writes) {
    buffers.push(bufferOf(gpu, tensor));
    // A CPU copy left by an upload or by `data()` would otherwise be returned by the next read.
    gpu.tensorMap.get(tensor.dataId).values = null;
    gpu.commandQueueOwnedIds.add(tensor.dataId);
  }
  for (const tensor of run.reads) {
    buffers.push(bufferOf(gpu, tensor));
    gpu.commandQueueOwnedIds.add(tensor.dataId);
  }
  const uniform = uniformBuffer(gpu.device, cache, run.uniforms);
  if (uniform !== undefined) buffers.push(uniform);
  record(gpu, kernel, bindGroup(gpu.device, cache, kernel, buffers), run.workgroups);
}

function compile(device: GPUDevice, run: KernelRun, id: number): CompiledKernel {
  const module = device.createShaderModule({ code: run.code(), label: run.key });
  const pipeline = device.createComputePipeline({
    label: run.key,
    layout: 'auto',
    compute: { module, entryPoint: 'main' },
  });
  return { id, pipeline, layout: pipeline.getBindGroupLayout(0) };
}

function bufferOf(gpu: TfjsBackend, tensor: tf.TensorInfo): GPUBuffer {
  gpu.uploadToGPU(tensor.dataId);
  return gpu.tensorMap.get(tensor.dataId).resource!;
}

function uniformBuffer(
  device: GPUDevice,
  cache: DeviceCache,
  { u32 = [], f32 = [] }: KernelRun['uniforms'],
): GPUBuffer | undefined {
  if (u32.length + f32.length === 0) return undefined;
  const key = `${u32.join(',')}|${f32.join(',')}`;
  let buffer = cache.uniforms.get(key);
  if (buffer === undefined) {
    const bytes = new ArrayBuffer(Math.ceil((u32.length + f32.length) / 4) * 16);
    new Uint32Array(bytes, 0, u32.length).set(u32);
    new Float32Array(bytes, u32.length * 4, f32.length).set(f32);
    buffer = device.createBuffer({
      size: bytes.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(buffer, 0, bytes);
    // Dropped, not destroyed: commands already recorded may still use them.
    if (cache.uniforms.size >= maxCachedUniforms) {
      cache.uniforms.clear();
      cache.bindGroups.clear();
    }
    cache.uniforms.set(key, buffer);
  }
  return buffer;
}

function bindGroup(
  device: GPUDevice,
  cache: DeviceCache,
  kernel: CompiledKernel,
  buffers: readonly GPUBuffer[],
): GPUBindGroup {
  let key = `${kernel.id}`;
  for (const buffer of buffers) {
    let id = cache.bufferIds.get(buffer);
    if (id === undefined) {
      id = cache.nextBufferId++;
      cache.bufferIds.set(buffer, id);
    }
    key += `,${id}`;
  }
  let group = cache.bindGroups.get(key);
  if (group === undefined) {
    group = device.createBindGroup({
      layout: kernel.layout,
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    if (cache.bindGroups.size >= maxCachedBindGroups) cache.bindGroups.clear();
    cache.bindGroups.set(key, group);
  }
  return group;
}

function record(
  gpu: TfjsBackend,
  kernel: CompiledKernel,
  group: GPUBindGroup,
  workgroups: readonly [number, number, number],
): void {
  gpu.ensureCommandEncoderReady();
  gpu.computePassEncoder ??= gpu.commandEncoder!.beginComputePass();
  const pass = gpu.computePassEncoder;
  pass.setPipeline(kernel.pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(...workgroups);
  gpu.dispatchCountInPass++;
  if (gpu.dispatchCountInPass >= (tf.env().get('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE') as number)) {
    submitRecorded();
  }
}

/** Submits everything recorded so far. */
export function submitRecorded(): void {
  const gpu = backend();
  if (gpu.commandEncoder === null) return;
  gpu.endComputePassEncoder();
  gpu.submitQueue();
}

/**
 * Workgroup counts for `count` workgroups in a row, folded to two dimensions beyond the limit of one.
 * Kernels number themselves `workgroup.x + workgroup.y * groups.x` and must leave when beyond their rows.
 */
export function spreadWorkgroups(count: number): [number, number, number] {
  if (count <= maxWorkgroupsPerDimension) return [count, 1, 1];
  const width = Math.ceil(Math.sqrt(count));
  return [width, Math.ceil(count / width), 1];
}

/** Values of a float32 tensor, read without leaving a copy on the CPU. Safe if the tensor is disposed meanwhile. */
export async function readFresh(tensor: tf.Tensor): Promise<Float32Array> {
  if (tensor.dtype !== 'float32') throw new TypeError(`readFresh reads float32, not ${tensor.dtype}.`);
  return new Float32Array(await readBytes(tensor));
}

/** Values of an int32 tensor, read as by `readFresh`. */
export async function readFreshInts(tensor: tf.Tensor): Promise<Int32Array> {
  if (tensor.dtype !== 'int32') throw new TypeError(`readFreshInts reads int32, not ${tensor.dtype}.`);
  return new Int32Array(await readBytes(tensor));
}

async function readBytes(tensor: tf.Tensor): Promise<ArrayBuffer> {
  const onGpu = isWebgpu() ? backend().tensorMap.get(tensor.dataId).resource : undefined;
  if (onGpu != null) {
    const bytes = await backend().getBufferData(onGpu);
    return bytes.byteLength === tensor.size * 4 ? bytes : bytes.slice(0, tensor.size * 4);
  }
  return (await tensor.data()).slice().buffer;
}

/** Tfjs's pool of the present device. */
export function bufferPool(): TfjsBufferPool {
  return backend().bufferManager;
}

/** Forgets cached bind groups, which keep references to pool buffers. */
export function forgetBindGroups(): void {
  deviceCache(backend().device).bindGroups.clear();
}

/**
 * Makes every allocation of the present device, tfjs's own included, fail with a problem when it is beyond the device's
 * limits. Without it WebGPU only raises an asynchronous error and reads return bytes of earlier tensors.
 */
export function guardAllocations(): void {
  const { device, bufferManager } = backend();
  const acquire = bufferManager.acquireBuffer.bind(bufferManager);
  const limit = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
  bufferManager.acquireBuffer = (size, usage, mappedAtCreation, reuse) => {
    if (size > limit) {
      throw new ProblemError({
        code: 'gpu-tensor-too-large',
        message: `One tensor needs ${size} bytes, and this GPU allows at most ${limit} in one piece.`,
        fix: 'Use a smaller batch size or a shorter maximum length.',
      });
    }
    return acquire(size, usage, mappedAtCreation, reuse);
  };
}
