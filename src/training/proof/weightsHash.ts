/** A fingerprint of a model's tensors as they lie on the device. */
import { readWeight, type Weights } from '../../engine/weights.ts';

/** SHA-256 over the SHA-256 of every tensor's bytes, names in alphabetical order; lower-case hex. */
export async function weightsHash(weights: Weights): Promise<string> {
  const parts: string[] = [];
  for (const name of [...weights.keys()].toSorted()) {
    const values = await readWeight(weights.get(name)!);
    parts.push(`${name} ${await sha256(new Uint8Array(values.buffer as ArrayBuffer))}`);
  }
  return sha256(new TextEncoder().encode(parts.join('\n')));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
