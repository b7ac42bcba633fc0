/** Kinds of tensors: what is checked of one block is taken for the others. */
import type { Prng } from '../../lib/prng.ts';

/** For each kind of tensor (the name without block numbers, encoder and decoder apart) one of them by chance. */
export function oneOfEachKind(names: readonly string[], random: Prng): string[] {
  const kinds = new Map<string, string[]>();
  for (const name of names) {
    const kind = name.replaceAll(/\.\d+\./gu, '.');
    kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  }
  return [...kinds.values()].map((members) => members[random.below(members.length)]!);
}
