/** Something with bytes that can be read in parts: a dropped file, a stored blob, a buffer. */
export interface ByteSource {
  readonly byteLength: number;
  /** Bytes [start, end); the result has exactly end - start of them. */
  slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A source over bytes in memory. Slices are copies, so they may be transferred. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    byteLength: bytes.byteLength,
    slice: (start, end) => Promise.resolve(Uint8Array.from(bytes.subarray(start, end))),
  };
}

/** A source over a `File` or `Blob`, read only where it is asked to. */
export function blobSource(blob: Blob): ByteSource {
  return {
    byteLength: blob.size,
    slice: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  };
}
