/**
 * SentencePiece's compiled normalisation rules (`precompiled_charsmap`), applied the way Hugging Face `tokenizers` does:
 * per grapheme when it is shorter than six UTF-8 bytes, else per character, and always the shortest matching rule.
 * References: huggingface/spm_precompiled `lib.rs`; sentencepiece `normalizer.cc`.
 */
import type { Edit } from './edits.ts';
import { forEachGrapheme } from './graphemes.ts';

/** Graphemes of this many UTF-8 bytes or more are looked at character by character. */
const LONG_GRAPHEME_BYTES = 6;

/** Finds what the rules change in a text. */
export interface Charsmap {
  edits(text: string): Edit[];
}

/**
 * Reads the binary rules: u32 byte length of the trie, the trie (a double array of u32 over UTF-8 bytes), then
 * replacements, each ended by a zero byte; all little-endian. Throws RangeError when the lengths do not fit.
 */
export function readCharsmap(bytes: Uint8Array): Charsmap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trieBytes = bytes.byteLength < 4 ? -1 : view.getUint32(0, true);
  if (trieBytes < 4 || trieBytes % 4 !== 0 || 4 + trieBytes > bytes.byteLength) {
    throw new RangeError(`charsmap of ${bytes.byteLength} bytes announces a trie of ${trieBytes} bytes`);
  }
  const units = new Uint32Array(trieBytes / 4);
  for (let i = 0; i < units.length; i++) units[i] = view.getUint32(4 + i * 4, true);
  const replacement = replacementReader(bytes.subarray(4 + trieBytes));
  const lookup = (text: string, from: number, to: number): string | undefined => {
    const offset = shortestMatch(units, text, from, to);
    return offset < 0 ? undefined : replacement(offset);
  };

  const editCharacters = (text: string, from: number, to: number, edits: Edit[]): void => {
    for (let i = from; i < to;) {
      const end = i + codeUnitCount(text, i);
      const found = lookup(text, i, end);
      if (found !== undefined) edits.push({ from: i, to: end, text: found });
      i = end;
    }
  };

  return {
    edits(text) {
      const edits: Edit[] = [];
      forEachGrapheme(text, (from, to) => {
        const isWhole = to - from === 1 || utf8Length(text, from, to) < LONG_GRAPHEME_BYTES;
        const found = isWhole ? lookup(text, from, to) : undefined;
        if (found !== undefined) edits.push({ from, to, text: found });
        else if (to - from > 1) editCharacters(text, from, to, edits);
      });
      return edits;
    },
  };
}

/** Offset of the replacement for the shortest rule that starts text[from..to), or -1. */
function shortestMatch(units: Uint32Array, text: string, from: number, to: number): number {
  let node = offsetOf(units[0]!);
  for (let i = from; i < to;) {
    const codePoint = text.codePointAt(i)!;
    i += codePoint > 0xffff ? 2 : 1;
    const byteCount = utf8BytesOf(codePoint);
    for (let k = 0; k < byteCount; k++) {
      const byte = utf8Byte(codePoint, byteCount, k);
      if (byte === 0) return -1;
      node ^= byte;
      const unit = units[node];
      if (unit === undefined || (unit & 0x800000ff) !== byte) return -1;
      node ^= offsetOf(unit);
      if ((unit >>> 8) & 1) return units[node]! & 0x7fffffff;
    }
  }
  return -1;
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function utf8BytesOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** Byte k of the UTF-8 form of a code point that takes `byteCount` bytes. */
function utf8Byte(codePoint: number, byteCount: number, k: number): number {
  if (byteCount === 1) return codePoint;
  const bits = (codePoint >>> (6 * (byteCount - 1 - k))) & 0x3f;
  return k === 0 ? ((0xf00 >>> byteCount) & 0xff) | bits : 0x80 | bits;
}

/** UTF-8 length of text[from..to), counted only until it is that of a long grapheme. */
function utf8Length(text: string, from: number, to: number): number {
  let length = 0;
  for (let i = from; i < to && length < LONG_GRAPHEME_BYTES; i += codeUnitCount(text, i)) {
    length += utf8BytesOf(text.codePointAt(i)!);
  }
  return length;
}

function codeUnitCount(text: string, index: number): number {
  return text.codePointAt(index)! > 0xffff ? 2 : 1;
}

/** Decodes the zero-ended replacement at an offset; each one once. */
function replacementReader(blob: Uint8Array): (offset: number) => string {
  const decoder = new TextDecoder();
  const known = new Map<number, string>();
  return (offset) => {
    let text = known.get(offset);
    if (text === undefined) {
      const end = blob.indexOf(0, offset);
      text = decoder.decode(blob.subarray(offset, end < 0 ? blob.length : end));
      known.set(offset, text);
    }
    return text;
  };
}
