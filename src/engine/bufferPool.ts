/**
 * GPU buffers for tfjs's tensors, in place of its own pool. That one keeps every buffer it ever made, by exact size, so
 * that each new sequence length adds to it. This one gives a request any free buffer not much larger than it, and destroys
 * those unused for longest before it would hold more than a quarter above what tensors needed at once.
 */
import { ProblemError } from '../lib/problem.ts';
import type { BufferPlan } from './bufferPlan.ts';

/** Bytes held, at most, over the most bytes that tensors used at once. */
const budgetFactor = 1.25;
/** Requests above this take a free buffer of at most 1.25 times their size; smaller ones of twice. */
const largeBytes = 2 ** 20;
/** Under pressure a request takes a free buffer of up to this many times its size, or of this many bytes. */
const spareFactor = 16;
const leastSpareBytes = 2 ** 18;
/** WebGPU's unit for copies is 4 bytes; drivers align buffers to 256 at least. */
const alignment = 256;
const classesPerOctave = 4;
const uniformUsage = 0x40; // GPUBufferUsage.UNIFORM, which does not exist where there is no WebGPU

export class BufferPool {
  /** Bytes that tensors asked for and hold now. */
  numBytesUsed = 0;
  /** Bytes of all buffers, free ones included. */
  numBytesAllocated = 0;
  /** The most bytes used at once since the start or the last `purge`. */
  peakBytesUsed = 0;
  /** Up to this total all buffers are kept: small models are not worth the trouble. */
  keptBytes = 32 * 2 ** 20;
  /**
   * Sees each buffer that is given out. While it is set, buffers that may not be used again and those for uniforms are new,
   * and kept when they are released, until `unkeep`.
   */
  onAcquire: ((buffer: GPUBuffer, isKept: boolean) => void) | null = null;
  /** Says which buffers requests get, uniforms aside, while a step that comes again runs. */
  private plan: BufferPlan | null = null;
  private readonly device: GPUDevice;
  /** Buffer in use → bytes asked for. */
  private readonly used = new Map<GPUBuffer, number>();
  /** Buffer that stays in use whoever releases it → whether somebody did. */
  private readonly kept = new Map<GPUBuffer, boolean>();
  /** All free buffers, the longest unused first. */
  private readonly free = new Set<GPUBuffer>();
  /** The same by usage and size class. */
  private readonly freeByClass = new Map<number, GPUBuffer[]>();
  /** Buffer → how many were made before it. */
  private readonly madeAs = new WeakMap<GPUBuffer, number>();
  private madeCount = 0;
  private readonly largestBytes: number;

  constructor(device: GPUDevice) {
    this.device = device;
    this.largestBytes = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
  }

  /**
   * A buffer of at least `size` bytes, its content undefined. Throws a ProblemError above the device's limits, where
   * WebGPU would only raise an asynchronous error and go on with bytes of earlier tensors. The signature is tfjs's.
   */
  acquireBuffer(size: number, usage: GPUBufferUsageFlags, mappedAtCreation = false, reuse = true): GPUBuffer {
    if (size > this.largestBytes) throw tooLarge(size, this.largestBytes);
    const isKept = this.onAcquire !== null && (!reuse || (usage & uniformUsage) !== 0);
    const plan = reuse && (usage & uniformUsage) === 0 ? this.plan : null;
    const buffer =
      (plan === null ? undefined : this.takePlanned(plan, size, usage)) ??
      (reuse && !isKept ? (this.takeFree(size, usage) ?? this.takeSpare(size, usage)) : undefined) ??
      this.create(size, usage, mappedAtCreation);
    plan?.gave(buffer, size);
    this.use(buffer, size);
    if (isKept) this.kept.set(buffer, false);
    this.onAcquire?.(buffer, isKept);
    return buffer;
  }

  /** Whether all of these buffers are free. */
  areFree(buffers: readonly GPUBuffer[]): boolean {
    return buffers.every((buffer) => this.free.has(buffer));
  }

  /** Notes that free buffers are used now, by commands that need no tensors. */
  touch(buffers: readonly GPUBuffer[]): void {
    for (const buffer of buffers) {
      this.free.delete(buffer);
      this.free.add(buffer);
    }
  }

  /** Gives out a certain free buffer for `size` bytes. */
  take(buffer: GPUBuffer, size: number): void {
    this.removeFree(buffer);
    this.use(buffer, size);
  }

  /** Runs a step whose requests get the buffers of a plan. `shape` names steps that make the same requests. */
  follow<T>(plan: BufferPlan, shape: string, step: () => T): T {
    plan.begin(shape);
    this.plan = plan;
    try {
      const result = step();
      for (const buffer of plan.end()) {
        if (!this.free.has(buffer)) continue;
        this.removeFree(buffer);
        this.destroy(buffer);
      }
      return result;
    } finally {
      this.plan = null;
    }
  }

  /** Ends the keeping of buffers: those that were released meanwhile are free now. */
  unkeep(buffers: readonly GPUBuffer[]): void {
    for (const buffer of buffers) {
      const isReleased = this.kept.get(buffer) === true;
      this.kept.delete(buffer);
      if (isReleased) this.releaseBuffer(buffer);
    }
  }

  /** Takes a buffer back; no recorded but unsubmitted command may use it. */
  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    const size = this.used.get(buffer);
    if (size === undefined) return; // of a time before `dispose`
    if (this.kept.has(buffer)) {
      this.kept.set(buffer, true);
      return;
    }
    this.used.delete(buffer);
    this.numBytesUsed -= size;
    this.plan?.released(buffer);
    if (!reuse) {
      this.destroy(buffer);
      return;
    }
    this.free.add(buffer);
    const key = classKey(buffer.size, buffer.usage);
    const sameClass = this.freeByClass.get(key);
    if (sameClass === undefined) this.freeByClass.set(key, [buffer]);
    else sameClass.push(buffer);
  }

  /**
   * Puts free buffers in a fixed order. Steps that begin so and ask for the same sizes get the same buffers, so that what is
   * kept per buffer, bind groups above all, is found again.
   */
  settle(): void {
    for (const buffers of this.freeByClass.values()) {
      buffers.sort((a, b) => this.madeAs.get(a)! - this.madeAs.get(b)!);
    }
  }

  /** Destroys all free buffers and returns their bytes. */
  purge(): number {
    const before = this.numBytesAllocated;
    for (const buffer of this.free) this.destroy(buffer);
    this.free.clear();
    this.freeByClass.clear();
    this.peakBytesUsed = this.numBytesUsed;
    return before - this.numBytesAllocated;
  }

  /** Destroys all buffers: tfjs does so when its backend is removed. */
  dispose(): void {
    this.purge();
    for (const buffer of this.used.keys()) this.destroy(buffer);
    this.used.clear();
    this.kept.clear();
    this.numBytesUsed = 0;
  }

  private use(buffer: GPUBuffer, size: number): void {
    this.used.set(buffer, size);
    this.numBytesUsed += size;
    this.peakBytesUsed = Math.max(this.peakBytesUsed, this.numBytesUsed);
  }

  /** The buffer that a plan has for the next request; undefined where it has none, or somebody else holds it. */
  private takePlanned(plan: BufferPlan, size: number, usage: number): GPUBuffer | undefined {
    const slot = plan.next();
    if (slot === undefined || size > slot.size) return undefined;
    const { buffer } = slot;
    if (buffer !== undefined && (this.used.has(buffer) || buffer.usage !== usage)) return undefined;
    if (buffer !== undefined && this.free.has(buffer)) {
      this.removeFree(buffer);
      return buffer;
    }
    const made = this.create(slot.size, usage, false);
    plan.fill(slot, made);
    return made;
  }

  private removeFree(buffer: GPUBuffer): void {
    const sameClass = this.freeByClass.get(classKey(buffer.size, buffer.usage))!;
    sameClass.splice(sameClass.indexOf(buffer), 1);
    this.free.delete(buffer);
  }

  /** The smallest free buffer that is large enough and not wastefully so. */
  private takeFree(size: number, usage: GPUBufferUsageFlags): GPUBuffer | undefined {
    return this.takeWithin(size, alignedSize(size * (size > largeBytes ? 1.25 : 2)), usage);
  }

  /**
   * A much larger one, where a new buffer would push free ones out. A step of short sequences then lives in the buffers of a
   * step of long ones, and both find theirs again.
   */
  private takeSpare(size: number, usage: number): GPUBuffer | undefined {
    const bytes = alignedSize(size);
    if (this.numBytesAllocated + bytes <= this.budgetWith(bytes)) return undefined;
    return this.takeWithin(size, Math.max(spareFactor * size, leastSpareBytes), usage);
  }

  private takeWithin(size: number, largest: number, usage: number): GPUBuffer | undefined {
    const first = classKey(alignedSize(size), usage);
    for (let key = first; key <= classKey(largest, usage); key++) {
      const candidates = this.freeByClass.get(key) ?? [];
      const best = smallestFrom(candidates, size, largest, this.plan);
      if (best < 0) continue;
      const buffer = candidates[best]!;
      candidates.splice(best, 1);
      this.free.delete(buffer);
      return buffer;
    }
    return undefined;
  }

  private create(size: number, usage: GPUBufferUsageFlags, mappedAtCreation: boolean): GPUBuffer {
    const bytes = mappedAtCreation ? size : alignedSize(size);
    this.makeRoom(bytes);
    this.numBytesAllocated += bytes;
    const buffer = this.device.createBuffer({ size: bytes, usage, mappedAtCreation });
    this.madeAs.set(buffer, this.madeCount++);
    return buffer;
  }

  /** Destroys free buffers that are not planned, the longest unused first, until `bytes` more are within the budget. */
  private makeRoom(bytes: number): void {
    const budget = this.budgetWith(bytes);
    for (const buffer of this.free) {
      if (this.numBytesAllocated + bytes <= budget) return;
      if (this.plan?.keepsForItself(buffer) === true) continue; // a plan holds little more than its step needs at once
      this.removeFree(buffer);
      this.destroy(buffer);
    }
  }

  /** Bytes that may be held with `bytes` more in use. */
  private budgetWith(bytes: number): number {
    const needed = Math.max(this.peakBytesUsed, this.numBytesUsed + bytes);
    return Math.max(this.keptBytes, needed * budgetFactor);
  }

  private destroy(buffer: GPUBuffer): void {
    this.numBytesAllocated -= buffer.size;
    buffer.destroy();
  }
}

function alignedSize(size: number): number {
  return Math.max(1, Math.ceil(size / alignment)) * alignment;
}

/** Quarters of octaves; usages lie beside each other, far enough apart. */
function classKey(size: number, usage: GPUBufferUsageFlags): number {
  return usage * 1024 + Math.floor(Math.log2(size) * classesPerOctave);
}

/** Index of the smallest buffer within bounds that the plan has no other use for, the last of equals (its memory is the warmest); -1 if there is none. */
function smallestFrom(
  buffers: readonly GPUBuffer[],
  least: number,
  most: number,
  plan: BufferPlan | null,
): number {
  let best = -1;
  for (let i = buffers.length - 1; i >= 0; i--) {
    const { size } = buffers[i]!;
    if (plan?.keepsForItself(buffers[i]!) === true) continue;
    if (size < least || size > most || (best >= 0 && size >= buffers[best]!.size)) continue;
    best = i;
    if (size - least < alignment) break;
  }
  return best;
}

function tooLarge(size: number, limit: number): ProblemError {
  return new ProblemError({
    code: 'gpu-tensor-too-large',
    message: `One tensor needs ${size} bytes, and this GPU allows at most ${limit} in one piece.`,
    fix: 'Use a smaller batch size or a shorter maximum length.',
  });
}
