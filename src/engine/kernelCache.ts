/** What is kept per device between runs of a kernel: pipelines by key, uniform blocks by content, bind groups by buffers. */
import type { MatrixUnit } from './matrixUnits.ts';
import { RecentCache } from './recentCache.ts';
import { LiveNumber } from './replay/stepInputs.ts';
import type { ReductionStyle } from './runtime.ts';

/** Values of a uniform struct, in order: first all `u32`, then all `f32`. Live numbers come only while commands are recorded. */
export interface Uniforms {
  u32?: readonly UniformNumber[];
  f32?: readonly number[];
}

export type UniformNumber = number | LiveNumber;

export interface CompiledKernel {
  id: number;
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
}

// What falls out is dropped, not destroyed: commands already recorded may still use it.
const maxCachedUniforms = 2048;
const maxCachedBindGroups = 8192;
const caches = new WeakMap<GPUDevice, KernelCache>();

/** The cache of a device; dropped with it. */
export function kernelCache(device: GPUDevice): KernelCache {
  let cache = caches.get(device);
  if (cache === undefined) {
    cache = new KernelCache(device);
    caches.set(device, cache);
  }
  return cache;
}

export class KernelCache {
  reductionStyle: ReductionStyle = 'workgroup';
  matrixUnits: readonly MatrixUnit[] = [];
  private readonly device: GPUDevice;
  private readonly kernels = new Map<string, CompiledKernel>();
  private readonly uniforms = new RecentCache<GPUBuffer>(maxCachedUniforms);
  private readonly bindGroups = new RecentCache<GPUBindGroup>(maxCachedBindGroups);
  private readonly bufferIds = new WeakMap<GPUBuffer, number>();
  private nextBufferId = 0;
  private nextKernelId = 0;

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** The pipeline of a key; `code` is called for the first one only. */
  kernel(key: string, code: () => string): CompiledKernel {
    const known = this.kernels.get(key);
    return known ?? this.keep(key, this.device.createComputePipeline(this.descriptor(key, code)));
  }

  /**
   * The same without holding up the queue; a browser may compile many beside each other. Rejects where the device does not
   * take it.
   */
  async compile(key: string, code: () => string): Promise<void> {
    if (this.kernels.has(key)) return;
    const pipeline = await this.device.createComputePipelineAsync(this.descriptor(key, code));
    if (!this.kernels.has(key)) this.keep(key, pipeline);
  }

  /** A buffer that holds these values; undefined when there are none. */
  uniformBuffer({ u32 = [], f32 = [] }: Uniforms): GPUBuffer | undefined {
    if (u32.length + f32.length === 0) return undefined;
    const words = u32.map(fixedNumber);
    const key = `${words.join(',')}|${f32.join(',')}`;
    let buffer = this.uniforms.get(key);
    if (buffer === undefined) {
      const bytes = new ArrayBuffer(Math.ceil((u32.length + f32.length) / 4) * 16);
      new Uint32Array(bytes, 0, words.length).set(words);
      new Float32Array(bytes, u32.length * 4, f32.length).set(f32);
      buffer = this.device.createBuffer({
        size: bytes.byteLength,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      });
      this.device.queue.writeBuffer(buffer, 0, bytes);
      this.uniforms.set(key, buffer);
    }
    return buffer;
  }

  /** The bind group of a kernel with these parts of buffers, numbered in order. */
  bindGroup(kernel: CompiledKernel, bindings: readonly GPUBufferBinding[]): GPUBindGroup {
    let key = `${kernel.id}`;
    for (const { buffer, offset, size } of bindings) key += `,${this.bufferId(buffer)}+${offset}:${size}`;
    let group = this.bindGroups.get(key);
    if (group === undefined) {
      group = this.makeBindGroup(kernel, bindings);
      this.bindGroups.set(key, group);
    }
    return group;
  }

  /** As `bindGroup`, for buffers that are bound only once. */
  makeBindGroup({ layout }: CompiledKernel, bindings: readonly GPUBufferBinding[]): GPUBindGroup {
    const entries = bindings.map((resource, binding) => ({ binding, resource }));
    return this.device.createBindGroup({ layout, entries });
  }

  /** Bind groups keep references to pool buffers; those that are still needed are made again. */
  forgetBindGroups(): void {
    this.bindGroups.clear();
  }

  private descriptor(key: string, code: () => string): GPUComputePipelineDescriptor {
    const module = this.device.createShaderModule({ code: code(), label: key });
    return { label: key, layout: 'auto', compute: { module, entryPoint: 'main' } };
  }

  private keep(key: string, pipeline: GPUComputePipeline): CompiledKernel {
    const kernel = { id: this.nextKernelId++, pipeline, layout: pipeline.getBindGroupLayout(0) };
    this.kernels.set(key, kernel);
    return kernel;
  }

  /** Numbers are never given twice, so that a group of destroyed buffers is never found again. */
  private bufferId(buffer: GPUBuffer): number {
    let id = this.bufferIds.get(buffer);
    if (id === undefined) {
      id = this.nextBufferId++;
      this.bufferIds.set(buffer, id);
    }
    return id;
  }
}

function fixedNumber(number: UniformNumber): number {
  if (number instanceof LiveNumber) throw new TypeError('A live number must not be kept in a cache.');
  return number;
}
