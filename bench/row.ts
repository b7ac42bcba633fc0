/** One line of the bench's table, as `--json` writes it. */
export interface BenchRow {
  readonly name: string;
  /** Of `graft` and `peer`: `ms`, `MB`, `s`, or a rate such as `GFLOP/s` and `tokens/s`. */
  readonly unit: string;
  readonly graft: number;
  /** The same measurement of the peer in the same run; null where there is none. */
  readonly peer: number | null;
  readonly peerName: string | null;
  /** How many times as good as the peer Graft is: above 1 it is faster, or takes less. */
  readonly ratio: number | null;
}

/** A row with a peer. Rates are better when higher, everything else when lower. */
export function compared(
  name: string,
  unit: string,
  graft: number,
  peerName: string,
  peer: number,
): BenchRow {
  const ratio = unit.endsWith('/s') ? graft / peer : peer / graft;
  return { name, unit, graft, peer, peerName, ratio };
}

/** A row without a peer. */
export function alone(name: string, unit: string, graft: number): BenchRow {
  return { name, unit, graft, peer: null, peerName: null, ratio: null };
}
