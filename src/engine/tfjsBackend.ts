/**
 * The private parts of tfjs-backend-webgpu 4.22 that Graft relies on, in one place; the version is pinned. Six of its
 * methods are replaced (`prepareBackend`), so that a tensor can be a part of its buffer and commands can be recorded.
 */
import * as tf from '@tensorflow/tfjs';
import { BufferPool } from './bufferPool.ts';
import { activeRecorder } from './replay/activeRecorder.ts';

/** What the backend knows of one tensor's memory. */
export interface TensorRecord {
  values: ArrayLike<number> | null;
  shape: readonly number[];
  dtype: tf.DataType;
  resource?: GPUBuffer | null;
  /** Where in the buffer the tensor begins, in bytes; absent for 0. */
  offset?: number;
  /** The arena that owns the buffer; absent where the tensor does. */
  arena?: { drop(): void };
  refCount: number;
}

/** The parts of tfjs's WebGPUBackend used here, most of them private in its types. */
export interface TfjsBackend {
  device: GPUDevice;
  tensorMap: { get(id: object): TensorRecord };
  bufferManager: BufferPool;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  commandQueueOwnedIds: WeakSet<object>;
  dispatchCountInPass: number;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(id: object): void;
  tensorToBinding(tensor: tf.TensorInfo | null): GPUBufferBinding | null;
  makeTensorInfo(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  read(id: object): Promise<ArrayLike<number>>;
  releaseResource(id: object): void;
  disposeData(id: object): boolean;
  incRef(id: object): void;
  /** The uniform block of one of tfjs's own kernels. */
  makeUniforms(members: readonly { data: ArrayLike<number> }[]): GPUBufferBinding;
}

const storageUsage = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST, as tfjs has it

/** tfjs's present backend, which must be WebGPU. */
export function backend(): TfjsBackend {
  return tf.backend() as unknown as TfjsBackend;
}

/** Bytes of a tensor's elements; its buffer may be larger. */
export function tensorBytes({ shape, dtype }: Pick<TensorRecord, 'shape' | 'dtype'>): number {
  return tf.util.sizeFromShape([...shape]) * (dtype === 'complex64' ? 8 : 4);
}

/** The part of its buffer that a tensor fills: what kernels may see, so that they never meet bytes of earlier tensors. */
export function bindingOf(gpu: TfjsBackend, tensor: tf.TensorInfo): Required<GPUBufferBinding> {
  gpu.uploadToGPU(tensor.dataId);
  const record = gpu.tensorMap.get(tensor.dataId);
  activeRecorder()?.sawTensor(record);
  return { buffer: record.resource!, offset: record.offset ?? 0, size: tensorBytes(record) };
}

/** Puts our buffer pool under the present backend; done once per device, before it holds a tensor. */
export function prepareBackend(): void {
  const gpu = backend();
  gpu.bufferManager = new BufferPool(gpu.device);
  gpu.tensorToBinding = (tensor) => (tensor === null ? null : bindingOf(gpu, tensor));
  gpu.uploadToGPU = (id) => upload(gpu, gpu.tensorMap.get(id));
  const releaseOwn = gpu.releaseResource.bind(gpu);
  gpu.releaseResource = (id) => {
    const record = gpu.tensorMap.get(id);
    if (record?.arena === undefined) {
      releaseOwn(id);
      return;
    }
    record.arena.drop();
    delete record.arena;
    record.resource = null;
  };
  gpu.ensureCommandEncoderReady = () => {
    if (gpu.commandEncoder !== null) return;
    const encoder = gpu.device.createCommandEncoder();
    gpu.commandEncoder = activeRecorder()?.watchedEncoder(encoder) ?? encoder;
  };
  const makeUniforms = gpu.makeUniforms.bind(gpu);
  gpu.makeUniforms = (members) => {
    activeRecorder()?.sawStockUniforms(members.map(({ data }) => data));
    return makeUniforms(members);
  };
  gpu.read = async (id) => {
    const record = gpu.tensorMap.get(id);
    record.values ??= await download(gpu, record);
    return record.values;
  };
}

/** Bytes of a tensor's elements, read back. Everything recorded so far is submitted; the queue goes on. */
export async function readBytes(gpu: TfjsBackend, tensor: tf.TensorInfo): Promise<ArrayBuffer> {
  return copyBack(gpu, gpu.tensorMap.get(tensor.dataId));
}

/**
 * A free buffer is used by no recorded command, so the queue may fill it at once: no staging buffer, and the compute pass
 * goes on, which tfjs's own upload ends.
 */
function upload(gpu: TfjsBackend, record: TensorRecord): void {
  if (record.resource != null) return;
  const recorder = activeRecorder();
  const canReuse = recorder === null || record.values == null;
  const buffer = gpu.bufferManager.acquireBuffer(tensorBytes(record), storageUsage, false, canReuse);
  if (record.values != null) {
    const elements = elementsOf(record.values, record.dtype);
    gpu.device.queue.writeBuffer(buffer, 0, elements);
    recorder?.sawUpload(buffer, elements);
  }
  record.values = null;
  record.resource = buffer;
}

function elementsOf(
  values: ArrayLike<number>,
  dtype: tf.DataType,
): Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  const isWhole = dtype === 'int32' || dtype === 'bool';
  const Elements = isWhole ? Int32Array : Float32Array;
  return values instanceof Elements ? (values as Int32Array<ArrayBuffer>) : Elements.from(values);
}

async function download(gpu: TfjsBackend, record: TensorRecord): Promise<ArrayLike<number>> {
  const bytes = await copyBack(gpu, record);
  if (record.dtype === 'float32') return new Float32Array(bytes);
  const whole = new Int32Array(bytes);
  return record.dtype === 'bool' ? Uint8Array.from(whole) : whole;
}

async function copyBack(gpu: TfjsBackend, record: TensorRecord): Promise<ArrayBuffer> {
  const size = tensorBytes(record);
  const pool = gpu.bufferManager;
  const staging = pool.acquireBuffer(size, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
  gpu.ensureCommandEncoderReady();
  gpu.endComputePassEncoder();
  gpu.commandEncoder!.copyBufferToBuffer(record.resource!, record.offset ?? 0, staging, 0, size);
  gpu.submitQueue();
  await staging.mapAsync(GPUMapMode.READ, 0, size);
  const bytes = staging.getMappedRange(0, size).slice(0);
  staging.unmap();
  pool.releaseBuffer(staging);
  return bytes;
}
