/**
 * Normalisation as a list of edits: what changes, in order, never overlapping.
 * Most text needs none, and edits are what keeps a normalised character traceable to the text people see.
 */

/** text[from..to), never empty, becomes `text`. Indices are UTF-16 code units. */
export interface Edit {
  from: number;
  to: number;
  text: string;
}

/** For each code unit of a normalised text, the range [start, end) of the original text it stands for. */
export interface Alignment {
  starts: Int32Array;
  ends: Int32Array;
}

/** The text after the edits. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits) {
    parts.push(text.slice(at, edit.from), edit.text);
    at = edit.to;
  }
  parts.push(text.slice(at));
  return parts.join('');
}

/** The alignment of a text with itself. */
export function identityAlignment(length: number): Alignment {
  const starts = new Int32Array(length);
  const ends = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    starts[i] = i;
    ends[i] = i + 1;
  }
  return { starts, ends };
}

/** The alignment after more edits: every code unit of a replacement stands for all that it replaced. */
export function alignEdits(alignment: Alignment, edits: readonly Edit[]): Alignment {
  if (edits.length === 0) return alignment;
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  const keepUntil = (to: number): void => {
    for (; at < to; at++) {
      starts.push(alignment.starts[at]!);
      ends.push(alignment.ends[at]!);
    }
  };
  for (const edit of edits) {
    keepUntil(edit.from);
    for (let k = 0; k < edit.text.length; k++) {
      starts.push(alignment.starts[edit.from]!);
      ends.push(alignment.ends[edit.to - 1]!);
    }
    at = edit.to;
  }
  keepUntil(alignment.starts.length);
  return { starts: Int32Array.from(starts), ends: Int32Array.from(ends) };
}
