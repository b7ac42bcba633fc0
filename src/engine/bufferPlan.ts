/**
 * Which buffer each request of a step gets, so that steps of all lengths live in the same buffers. A training step asks for
 * its tensors in the same order and lets go of them in the same order whatever their sizes, so its requests are laid out
 * once, by the largest size that each ever had: from the largest down, each shares a buffer with those that never live at
 * the same time ("greedy by size for shared objects", arXiv:2001.03288). Kinds of steps share the buffers among them.
 */

/** A buffer of the layout and the bytes it needs; it comes into being when it is first asked for. */
export interface PlannedSlot {
  readonly size: number;
  buffer: GPUBuffer | undefined;
}

/** What a kind of step asks for. */
interface Requests {
  /** The most bytes that each request asked for. */
  readonly sizes: number[];
  /** How many requests had been made when each was let go; Infinity for what outlives the step. */
  readonly ends: number[];
}

/** Where the requests of a kind of step lie. */
interface Layout extends Requests {
  /** Index of each request's slot; -1 for what outlives the step. */
  readonly slotOf: readonly number[];
  /** Bytes of the slots, the largest first. */
  readonly slotSizes: readonly number[];
}

export class BufferPlan {
  private readonly layouts = new Map<string, Layout | Requests>();
  private slots: PlannedSlot[] = [];
  private readonly owned = new Set<GPUBuffer>();
  private kind = '';
  private run: Requests = { sizes: [], ends: [] };
  private given: GPUBuffer[] = [];
  /** Buffers held in this run, and by which request. */
  private readonly holders = new Map<GPUBuffer, number>();

  /** Called before the first request of a step. */
  begin(kind: string): void {
    this.kind = kind;
    this.run = { sizes: [], ends: [] };
    this.given = [];
    this.holders.clear();
  }

  /** The slot of the next request; undefined where there is none. */
  next(): PlannedSlot | undefined {
    const layout = this.layouts.get(this.kind);
    if (layout === undefined || !('slotOf' in layout)) return undefined;
    return this.slots[layout.slotOf[this.given.length] ?? -1];
  }

  /** Makes a new buffer a slot's. */
  fill(slot: PlannedSlot, buffer: GPUBuffer): void {
    if (slot.buffer !== undefined) this.owned.delete(slot.buffer);
    slot.buffer = buffer;
    this.owned.add(buffer);
  }

  /** Whether a buffer belongs to a slot, so that no other request should have it. */
  owns(buffer: GPUBuffer): boolean {
    return this.owned.has(buffer);
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

  /**
   * Called after the last request. Lays out anew where requests have grown; a kind of step is trusted once two runs made
   * equally many. Returns the buffers that slots no longer have.
   */
  end(): GPUBuffer[] {
    const known = this.layouts.get(this.kind);
    if (known?.sizes.length !== this.run.sizes.length) {
      this.layouts.set(this.kind, this.run);
      return [];
    }
    const hasGrown =
      this.run.sizes.some((size, i) => size > known.sizes[i]!) ||
      this.run.ends.some((end, i) => end > known.ends[i]!);
    if ('slotOf' in known && !hasGrown) return [];
    const sizes = this.run.sizes.map((size, i) => Math.max(size, known.sizes[i]!));
    const ends = this.run.ends.map((end, i) => Math.max(end, known.ends[i]!));
    this.layouts.set(this.kind, layOut({ sizes, ends }));
    return this.makeSlots();
  }

  /** Slots as large as the largest of any kind; buffers that fit are kept. */
  private makeSlots(): GPUBuffer[] {
    const laidOut = [...this.layouts.values()].filter((layout) => 'slotOf' in layout);
    const count = Math.max(...laidOut.map(({ slotSizes }) => slotSizes.length));
    const left = [...new Set([...this.owned, ...this.given])].toSorted((a, b) => a.size - b.size);
    const dropped = new Set(this.owned);
    this.owned.clear();
    this.slots = Array.from({ length: count }, (_, i) => {
      const size = Math.max(...laidOut.map(({ slotSizes }) => slotSizes[i] ?? 0));
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
