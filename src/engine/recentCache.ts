/** A bounded cache in two generations: what was used since the last change of generation survives the next one. */
export class RecentCache<Value> {
  private young = new Map<string, Value>();
  private old = new Map<string, Value>();
  private readonly capacity: number;

  /** Keeps at most twice `capacity` values, and always the `capacity` used last. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get(key: string): Value | undefined {
    const recent = this.young.get(key);
    if (recent !== undefined) return recent;
    const kept = this.old.get(key);
    if (kept !== undefined) this.set(key, kept);
    return kept;
  }

  set(key: string, value: Value): void {
    if (this.young.size >= this.capacity) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }
}
