/**
 * The Unigram model: the split of a word whose pieces have the largest sum of scores (Viterbi), with the reference's
 * tie-breaking: a later candidate wins only when it is strictly better.
 * References: Kudo (2018), arXiv:1804.10959; huggingface/tokenizers `models/unigram/model.rs`, `encode_optimized`.
 */
import { childOf, findPiece, makePieceTrie } from './pieceTrie.ts';

/** How much worse an unknown character is than the worst piece. */
const UNKNOWN_PENALTY = 10;

export interface UnigramVocabulary {
  pieces: readonly string[];
  /** Log-probability-like score of each piece. */
  scores: Float64Array;
  unkId: number;
  /** Whether unknown characters become `<0xNN>` pieces where the vocabulary has them all. */
  usesByteFallback: boolean;
}

/** Called for each token of a word, in order; the token is units[from..to). */
export type TokenVisitor = (id: number, from: number, to: number) => void;

/** Splits units[0..length), which must be well-formed UTF-16. */
export type EncodeWord = (units: Uint16Array, length: number, visit: TokenVisitor) => void;

/** Makes the splitting function of a vocabulary. It keeps scratch space, so it is not re-entrant. */
export function makeUnigram(vocabulary: UnigramVocabulary): EncodeWord {
  const { pieces, scores, unkId } = vocabulary;
  const trie = makePieceTrie(pieces);
  const unknownScore =
    scores.reduce((least, score) => (score < least ? score : least), Infinity) - UNKNOWN_PENALTY;
  const byteIds = vocabulary.usesByteFallback ? bytePieceIds(pieces) : undefined;

  // For each end position of the best path so far: its score, where its last piece starts, and that piece.
  let bestScores = new Float64Array(0);
  let bestStarts = new Int32Array(0);
  let bestIds = new Int32Array(0);
  let path = new Int32Array(0);
  const reserve = (length: number): void => {
    if (bestScores.length > length) return;
    const size = Math.max(256, length * 2);
    bestScores = new Float64Array(size);
    bestStarts = new Int32Array(size);
    bestIds = new Int32Array(size);
    path = new Int32Array(size);
  };

  const offer = (start: number, end: number, id: number, score: number): void => {
    if (bestStarts[end]! >= 0 && !(score > bestScores[end]!)) return;
    bestScores[end] = score;
    bestStarts[end] = start;
    bestIds[end] = id;
  };

  const visitUnknown = (units: Uint16Array, from: number, to: number, visit: TokenVisitor): void => {
    const whole = findPiece(trie, units, from, to);
    const ids = whole >= 0 ? [whole] : (byteFallback(byteIds, units, from, to) ?? [unkId]);
    for (const id of ids) visit(id, from, to);
  };

  return (units, length, visit) => {
    reserve(length + 1);
    bestStarts.fill(-1, 0, length + 1);
    bestScores[0] = 0;
    for (let start = 0; start < length;) {
      const scoreHere = bestScores[start]!;
      const characterEnd = start + (units[start]! >= 0xd800 && units[start]! < 0xdc00 ? 2 : 1);
      let hasCharacter = false;
      let node = trie.root;
      for (let end = start + 1; end <= length; end++) {
        node = childOf(trie, node, units[end - 1]!);
        if (node < 0) break;
        const id = trie.pieceIds[node]!;
        if (id < 0) continue;
        offer(start, end, id, scores[id]! + scoreHere);
        if (end === characterEnd) hasCharacter = true;
      }
      if (!hasCharacter) offer(start, characterEnd, unkId, unknownScore + scoreHere);
      start = characterEnd;
    }

    let depth = 0;
    for (let end = length; end > 0; end = bestStarts[end]!) path[depth++] = end;
    let from = 0;
    while (depth > 0) {
      let to = path[--depth]!;
      if (bestIds[to] !== unkId) {
        visit(bestIds[to]!, from, to);
      } else {
        // Neighbouring unknowns are one token.
        while (depth > 0 && bestIds[path[depth - 1]!] === unkId) to = path[--depth]!;
        visitUnknown(units, from, to, visit);
      }
      from = to;
    }
  };
}

/** Ids of `<0x00>` … `<0xFF>`; -1 for those that are missing. */
function bytePieceIds(pieces: readonly string[]): Int32Array {
  const ids = new Int32Array(256).fill(-1);
  pieces.forEach((piece, id) => {
    const match = /^<0x([0-9A-F]{2})>$/.exec(piece);
    if (match !== null) ids[Number.parseInt(match[1]!, 16)] = id;
  });
  return ids;
}

/** The byte pieces of units[from..to), or undefined when one is missing. */
function byteFallback(
  byteIds: Int32Array | undefined,
  units: Uint16Array,
  from: number,
  to: number,
): number[] | undefined {
  if (byteIds === undefined) return undefined;
  const text = Array.from(units.subarray(from, to), (unit) => String.fromCharCode(unit)).join('');
  const ids = Array.from(new TextEncoder().encode(text), (byte) => byteIds[byte]!);
  return ids.includes(-1) ? undefined : ids;
}
