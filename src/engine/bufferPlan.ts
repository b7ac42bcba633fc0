/**
 * Which buffer each request of a step gets, so that a step of a shape always lives in the same buffers, and steps of all shapes
 * in one set of them. A step of one shape asks for its tensors in the same order and lets go of them in the same order each
 * time, so its requests are laid out once it has run: from the largest down, each shares a buffer with those that never
 * live at the same time ("greedy by size for shared objects", arXiv:2001.03288). The largest buffer of every shape is the same one,
 * and so is the second largest, and so on.
 */

/** A buffer of the plan and the bytes it needs; it comes into being when it is first asked for. */
export interface PlannedSlot {
  readonly size: number;
  buffer: GPUBuffer | undefined;
}

/** What a step asks for. */
interface Requests {
  readonly sizes: number[];
  /** How many requests had been made when each was let go; Infinity for what outlives the step. */
  readonly ends: number[];
}

/** Where the requests of a step lie. */
interface Layout extends Requests {
  /** Index of each request's slot; -1 for what outlives the step. */
  readonly slotOf: readonly number[];
  /** Bytes of the slots, the largest first. */
  readonly slotSizes: readonly number[];
}

/** Shapes whose layouts are kept, those used last: more than recordings are kept for. */
const mostLayouts = 128;

export class BufferPlan {
  private readonly layouts = new Map<string, Layout>();
  /** As many and as large as all shapes together ever needed. */
  private slots: PlannedSlot[] = [];
  private readonly owned = new Set<GPUBuffer>();
  private shape = '';
  private layout: Layout | undefined;
  private run: Requests = { sizes: [], ends: [] };
  private given: GPUBuffer[] = [];
  /** Buffers held in this run, and by which request. */
  private readonly holders = new Map<GPUBuffer, number>();

  /** Called before the first request of a step; `shape` names everything that decides which requests it makes. */
  begin(shape: string): void {
    this.shape = shape;
    this.layout = this.layouts.get(shape);
    this.run = { sizes: [], ends: [] };
    this.given = [];
    this.holders.clear();
  }

  /** The slot of the next request; undefined where there is none. */
  next(): PlannedSlot | undefined {
    return this.slots[this.layout?.slotOf[this.given.length] ?? -1];
  }

  /** Makes a new buffer a slot's. */
  fill(slot: PlannedSlot, buffer: GPUBuffer): void {
    if (slot.buffer !== undefined) this.owned.delete(slot.buffer);
    slot.buffer = buffer;
    this.owned.add(buffer);
  }

  /** Whether a buffer is spoken for in this step; one that is not laid out yet may use all. */
  keepsForItself(buffer: GPUBuffer): boolean {
    return this.layout !== undefined && this.owned.has(buffer);
  }

  /** Says what the next request asked for and got. */
  gave(buffer: GPUBuffer, size: number): void {
    this.holders.set(buffer, this.given.length);
    this.given.push(buffer);
    this.run.sizes.push(size);
    this.run.ends.push(Infinity);
  }

  /** Says that a buffer was let go. */
  released(buffer: GPUBuffer): void {
    const request = this.holders.get(buffer);
    if (request === undefined) return;
    this.run.ends[request] = this.given.length;
    this.holders.delete(buffer);
  }

  /** Called after the last request. Lays out a step that is new or changed; returns the buffers that slots no longer have. */
  end(): GPUBuffer[] {
    const known = this.layout;
    this.layouts.delete(this.shape); // the last in order is the last used
    if (known !== undefined && isWithin(this.run, known)) {
      this.layouts.set(this.shape, known);
      return [];
    }
    const isLike = known?.sizes.length === this.run.sizes.length;
    const layout = layOut(isLike ? largest(this.run, known) : this.run);
    this.layouts.set(this.shape, layout);
    if (this.layouts.size > mostLayouts) this.layouts.delete(this.layouts.keys().next().value!);
    return this.makeSlots(layout.slotSizes);
  }

  /** Grows the slots to hold a layout; buffers that still fit are kept. */
  private makeSlots(wanted: readonly number[]): GPUBuffer[] {
    const count = Math.max(this.slots.length, wanted.length);
    const sizes = Array.from({ length: count }, (_, i) => Math.max(this.slots[i]?.size ?? 0, wanted[i] ?? 0));
    if (sizes.every((size, i) => size === this.slots[i]?.size)) return [];
    const outliving = new Set(this.given.filter((_, i) => this.run.ends[i] === Infinity));
    const left = [...new Set([...this.owned, ...this.given])]
      .filter((buffer) => !outliving.has(buffer))
      .toSorted((a, b) => a.size - b.size);
    const dropped = new Set(this.owned);
    this.owned.clear();
    this.slots = sizes.map((size) => {
      const at = left.findIndex((buffer) => buffer.size >= size);
      const isNear = at >= 0 && left[at]!.size <= mostWaste * size;
      const [buffer] = isNear ? left.splice(at, 1) : [];
      if (buffer !== undefined) {
        this.owned.add(buffer);
        dropped.delete(buffer);
      }
      return { size, buffer };
    });
    return [...dropped];
  }
}

/** Whether a run asked for no more, and held nothing longer, than is known. */
function isWithin({ sizes, ends }: Requests, known: Requests): boolean {
  return (
    sizes.length === known.sizes.length &&
    sizes.every((size, i) => size <= known.sizes[i]!) &&
    ends.every((end, i) => end <= known.ends[i]!)
  );
}

function largest(run: Requests, known: Requests): Requests {
  return {
    sizes: run.sizes.map((size, i) => Math.max(size, known.sizes[i]!)),
    ends: run.ends.map((end, i) => Math.max(end, known.ends[i]!)),
  };
}

/** A buffer of up to this many times a slot's size may become its own. */
const mostWaste = 1.25;

/** Greedy by size. */
export function layOut({ sizes, ends }: Requests): Layout {
  const slotOf = sizes.map(() => -1);
  const members: number[][] = [];
  const order = sizes.map((_, i) => i).filter((i) => ends[i] !== Infinity);
  order.sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  for (const i of order) {
    // Slots are as large as their first member, so the last that is free is the smallest.
    let slot = members.findLastIndex((others) => others.every((j) => ends[j]! <= i || ends[i]! <= j));
    if (slot < 0) slot = members.push([]) - 1;
    members[slot]!.push(i);
    slotOf[i] = slot;
  }
  return { sizes, ends, slotOf, slotSizes: members.map(([first]) => sizes[first!]!) };
}
