/** Every network request Graft made after the page itself was loaded: the evidence behind "0 bytes sent". */
import { create } from 'zustand';

export interface RequestEntry {
  url: string;
  bytesDown: number;
  bytesUp: number;
  at: number;
}

export const useRequests = create<{ entries: readonly RequestEntry[]; bytesUp: number }>(() => ({
  entries: [],
  bytesUp: 0,
}));

/** Adds a request to the log. */
export function logRequest(entry: Omit<RequestEntry, 'at'>): void {
  useRequests.setState(({ entries, bytesUp }) => ({
    entries: [...entries, { ...entry, at: Date.now() }],
    bytesUp: bytesUp + entry.bytesUp,
  }));
}
