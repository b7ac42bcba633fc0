/** Where an output and its reference differ, word by word. */
import { diffWords } from 'diff';

export interface DiffSegment {
  text: string;
  /** In both; only in the output; only in the reference. */
  kind: 'same' | 'added' | 'missing';
}

/** Past this many differing words no alignment is sought: both texts are shown whole. */
const MOST_CHANGES = 2000;

/** Segments in reading order. 'same' and 'added' together spell the output, up to white space. */
export function wordDiff(reference: string, output: string): DiffSegment[] {
  const changes = diffWords(reference, output, { maxEditLength: MOST_CHANGES }) ?? [
    { value: reference, removed: true, added: false },
    { value: output, removed: false, added: true },
  ];
  return changes
    .filter(({ value }) => value !== '')
    .map(({ value, added, removed }) => ({
      text: value,
      kind: added ? 'added' : removed ? 'missing' : 'same',
    }));
}
