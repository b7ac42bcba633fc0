/**
 * Raw WGSL kernels on tfjs's own device, tensors and command encoder, so that order with stock tfjs ops holds by
 * construction. Adds what tfjs lacks: several outputs, in-place writes, cached uniforms and bind groups.
 */
import * as tf from '@tensorflow/tfjs';
import type { BufferPool } from './bufferPool.ts';
import { kernelCache, type CompiledKernel, type Uniforms } from './kernelCache.ts';
import type { MatrixUnit } from './matrixUnits.ts';
import { activeRecorder } from './replay/activeRecorder.ts';
import { backend, bindingOf, readBytes as readTensorBytes, type TfjsBackend } from './tfjsBackend.ts';

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
  uniforms: Uniforms;
  /** Number of workgroups in x, y, z. */
  workgroups: readonly [number, number, number];
}

/**
 * How rows are reduced: by one invocation per row (best on software adapters), by one workgroup per row, or by the subgroups
 * of one workgroup per row (hardware with the feature `subgroups`), which needs two barriers instead of nine.
 */
export type ReductionStyle = 'invocation' | 'workgroup' | 'subgroup';

const maxWorkgroupsPerDimension = 65535;

/** Whether ops run on WebGPU now; all raw kernels need it. */
export function isWebgpu(): boolean {
  return tf.getBackend() === 'webgpu';
}

/** Whether the present device was opened with a feature; WebGPU only. */
export function hasFeature(feature: GPUFeatureName): boolean {
  return backend().device.features.has(feature);
}

/** The subgroup matrices that the present device can use; none without the feature. */
export function matrixUnits(): readonly MatrixUnit[] {
  return kernelCache(backend().device).matrixUnits;
}

/** Says which they are: done by `openDevice`. */
export function setMatrixUnits(units: readonly MatrixUnit[]): void {
  kernelCache(backend().device).matrixUnits = units;
}

/** Compiles a kernel and says whether the device takes it; a device that does not goes on as if it had not been asked. */
export async function compiles(key: string, code: () => string): Promise<boolean> {
  const { device } = backend();
  device.pushErrorScope('validation'); // of the text; what is wrong with the rest rejects
  const compiled = kernelCache(device).compile(key, code);
  const [outcome, error] = await Promise.all([
    compiled.then(
      () => true,
      () => false,
    ),
    device.popErrorScope(),
  ]);
  return outcome && error === null;
}

/** Limits of the present device. */
export function deviceLimits(): GPUSupportedLimits {
  return backend().device.limits;
}

/** How row kernels reduce on the present device. */
export function reductionStyle(): ReductionStyle {
  return kernelCache(backend().device).reductionStyle;
}

/** Sets how row kernels reduce on the present device: done by `openDevice`, and by tests that try all. Without the feature
 *  `subgroups` that style is `workgroup`. */
export function setReductionStyle(style: ReductionStyle): void {
  const isPossible = style !== 'subgroup' || hasFeature('subgroups');
  kernelCache(backend().device).reductionStyle = isPossible ? style : 'workgroup';
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

/** into ← from, where it lies; tensors of one size. WebGPU only. */
export function copyTensor(into: tf.TensorInfo, from: tf.TensorInfo): void {
  const gpu = backend();
  const [target, source] = [bindingOf(gpu, into), bindingOf(gpu, from)];
  gpu.ensureCommandEncoderReady();
  gpu.endComputePassEncoder();
  gpu.commandEncoder!.copyBufferToBuffer(
    source.buffer,
    source.offset,
    target.buffer,
    target.offset,
    target.size,
  );
  for (const { dataId } of [into, from]) gpu.commandQueueOwnedIds.add(dataId);
}

/** Moves a tensor's values to the GPU now, so that JavaScript need not hold a second copy until its first use. */
export function uploadNow(tensor: tf.TensorInfo): void {
  if (isWebgpu()) backend().uploadToGPU(tensor.dataId);
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

/**
 * The tensor's values in a buffer that a kernel may write: its own where nobody else holds it, else a copy. A kernel that
 * writes its gradient over what an op kept, which nobody needs any more, takes no memory for it.
 */
export function writable<R extends tf.Rank>(tensor: tf.Tensor<R>): tf.Tensor<R> {
  if (!isShared(tensor)) return shareBuffer(tensor);
  const copy = allocate<R>(tensor.shape);
  copyTensor(copy, tensor);
  return copy;
}

/** Texts of kernels by key. */
export type KernelTexts = ReadonlyMap<string, () => string>;

let collected: Map<string, () => string> | undefined;

/** The kernels of `work`, which is done without running them: what it computes is worth nothing. */
export function kernelsOf(work: () => void): KernelTexts {
  const texts = new Map<string, () => string>();
  collected = texts;
  try {
    work();
  } finally {
    collected = undefined;
  }
  return texts;
}

/** Records one kernel into tfjs's command encoder. Written tensors lose their stale CPU copy. */
export function runKernel(run: KernelRun): void {
  const gpu = backend();
  const recorder = activeRecorder();
  const bindings: GPUBufferBinding[] = [];
  for (const tensor of run.writes) {
    bindings.push(bindingOf(gpu, tensor));
    const tensorRecord = gpu.tensorMap.get(tensor.dataId);
    tensorRecord.values = null; // a CPU copy left by an upload or by `data()` would be returned by the next read
    recorder?.sawWrite(tensorRecord);
    gpu.commandQueueOwnedIds.add(tensor.dataId);
  }
  for (const tensor of run.reads) {
    bindings.push(bindingOf(gpu, tensor));
    gpu.commandQueueOwnedIds.add(tensor.dataId);
  }
  if (collected !== undefined) {
    collected.set(run.key, run.code);
    return;
  }
  const cache = kernelCache(gpu.device);
  const kernel = cache.kernel(run.key, run.code);
  const live = recorder?.liveBlock(run.uniforms);
  if (live !== undefined) {
    record(gpu, kernel, cache.makeBindGroup(kernel, [...bindings, live]), run.workgroups);
    return;
  }
  const uniform = cache.uniformBuffer(run.uniforms);
  if (uniform !== undefined) bindings.push({ buffer: uniform, offset: 0, size: uniform.size });
  record(gpu, kernel, cache.bindGroup(kernel, bindings), run.workgroups);
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
  if (
    gpu.dispatchCountInPass >= (tf.env().get('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE') as number) ||
    hasMuchToFree(gpu.bufferManager)
  ) {
    submitRecorded();
  }
}

const leastBytesWorthSubmit = 8 * 2 ** 20;

/** Whether disposed tensors, whose buffers serve again only after the next submit, hold more than a 32nd of the memory. */
function hasMuchToFree({ numBytesUsed }: BufferPool): boolean {
  // Public in effect; `memory()` would make an object for every kernel.
  const { numBytes } = (tf.engine() as unknown as { state: { numBytes: number } }).state;
  return numBytesUsed - numBytes > Math.max(leastBytesWorthSubmit, numBytesUsed / 32);
}

/** Submits everything recorded so far. */
export function submitRecorded(): void {
  const gpu = backend();
  if (gpu.commandEncoder === null) return;
  gpu.endComputePassEncoder();
  gpu.submitQueue();
}

/** Submits everything recorded so far and resolves when the GPU has done it. */
export async function queueIdle(): Promise<void> {
  submitRecorded();
  await backend().device.queue.onSubmittedWorkDone();
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
  if (isWebgpu() && backend().tensorMap.get(tensor.dataId).resource != null) {
    return readTensorBytes(backend(), tensor);
  }
  return (await tensor.data()).slice().buffer;
}

/** The buffers of the present device's tensors. */
export function bufferPool(): BufferPool {
  return backend().bufferManager;
}

/** Forgets cached bind groups, which keep references to pool buffers. */
export function forgetBindGroups(): void {
  kernelCache(backend().device).forgetBindGroups();
}
