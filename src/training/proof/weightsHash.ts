/** A fingerprint of a model's tensors as they lie on the device. */
import { readWeight, type Weights } from '../../engine/weights.ts';
import { sha256 } from '../../lib/sha256.ts';

/** SHA-256 over the SHA-256 of every tensor's bytes, names in alphabetical order; lower-case hex. */
export async function weightsHash(weights: Weights): Promise<string> {
  const parts: string[] = [];
  for (const name of [...weights.keys()].toSorted()) {
    const values = await readWeight(weights.get(name)!);
    parts.push(`${name} ${await sha256(new Uint8Array(values.buffer as ArrayBuffer))}`);
  }
  return sha256(new TextEncoder().encode(parts.join('\n')));
}
