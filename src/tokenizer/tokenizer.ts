/**
 * Text to token ids and back, exactly as Hugging Face `tokenizers` does it for T5 files:
 * added tokens are cut out, the rest is normalised, cut into words, and split by the Unigram model.
 * Truncation and padding are not done here; a file's own `truncation` and `padding` are left aside.
 */
import { makeTokenSplitter, type AddedToken } from './addedTokens.ts';
import { decodePieces, type Decoder } from './decoder.ts';
import { alignEdits, applyEdits, identityAlignment, type Alignment } from './edits.ts';
import { forEachWord, type WordRules } from './metaspace.ts';
import type { NormalizerStep } from './normalizer.ts';
import { makeUnigram, type UnigramVocabulary } from './unigram.ts';

export interface EncodeOptions {
  /** Whether the tokens of the file's template are added (T5: `</s>` at the end). Default true. */
  addSpecialTokens?: boolean;
}

export interface DecodeOptions {
  /** Whether `</s>`, `<pad>`, sentinels and the like are left out. Default true. */
  skipSpecialTokens?: boolean;
}

/** A token with the place in the original text it stands for, in UTF-16 code units; empty for what was put in. */
export interface TokenPiece {
  id: number;
  /** The piece, or for an unknown token the normalised text it covers. */
  piece: string;
  start: number;
  end: number;
}

export interface Tokenizer {
  encode(text: string, options?: EncodeOptions): Int32Array;
  encodeWithPieces(text: string, options?: EncodeOptions): TokenPiece[];
  /** Ids that the vocabulary does not have (such as T5's unused ones above 32,099) give nothing. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** Largest id + 1, added tokens included. A model's own vocabulary may be larger, never smaller. */
  readonly vocabularySize: number;
  readonly padId: number;
  readonly eosId: number;
  readonly unkId: number;
  idToPiece(id: number): string | undefined;
  pieceToId(piece: string): number | undefined;
}

/** Everything a tokenizer.json says, read and checked. */
export interface TokenizerParts {
  vocabulary: UnigramVocabulary;
  addedTokens: readonly AddedToken[];
  normalizer: readonly NormalizerStep[];
  words: WordRules;
  /** Ids put before and after every text. */
  prefixIds: readonly number[];
  suffixIds: readonly number[];
  decoders: readonly Decoder[];
  padId: number;
  eosId: number;
}

/** Receives a token of `text[from..to)`; `units` holds its spelling as the model saw it, for tokens that are not added. */
type Emit = (id: number, from: number, to: number, spelling: Uint16Array | undefined) => void;

/** Lone surrogates, which no UTF-8 text can hold; they become U+FFFD. */
const LONE_SURROGATES = /\p{Surrogate}/gu;

/** A tokenizer of the parts that a tokenizer.json names. */
export function makeTokenizer(parts: TokenizerParts): Tokenizer {
  const { vocabulary, normalizer, words } = parts;
  const encodeWord = makeUnigram(vocabulary);
  const normalize = (text: string): string =>
    normalizer.reduce((current, step) => applyEdits(current, step(current)), text);

  const inOriginal = parts.addedTokens.filter((token) => !token.isNormalized);
  const inNormalized = parts.addedTokens.filter((token) => token.isNormalized);
  const splitOriginal = makeTokenSplitter(
    inOriginal,
    inOriginal.map((token) => token.content),
  );
  const splitNormalized = makeTokenSplitter(
    inNormalized,
    inNormalized.map((token) => normalize(token.content)),
  );

  const pieceIds = new Map(vocabulary.pieces.map((piece, id) => [piece, id]));
  for (const token of parts.addedTokens) pieceIds.set(token.content, token.id);
  const addedPieces = new Map(parts.addedTokens.map((token) => [token.id, token.content]));
  const idToPiece = (id: number): string | undefined => addedPieces.get(id) ?? vocabulary.pieces[id];
  // The reference decodes tokens that were looked for in normalised text to that normalised form.
  const decodedPieces = new Map(
    parts.addedTokens.map((token) => [
      token.id,
      token.isNormalized ? normalize(token.content) : token.content,
    ]),
  );
  const specialPieces = new Set(
    parts.addedTokens.filter((token) => token.isSpecial).map((token) => token.content),
  );

  let wordUnits = new Uint16Array(0);
  const metaspaceUnit = words.metaspace.replacement.charCodeAt(0);

  /** Emits the tokens of normalised text[from..to). */
  const encodeStretch = (text: string, from: number, to: number, isInputStart: boolean, emit: Emit): void => {
    forEachWord(text, from, to, isInputStart, words, (wordFrom, wordTo, isPrepended) => {
      const shift = isPrepended ? 1 : 0;
      const length = wordTo - wordFrom + shift;
      if (wordUnits.length < length) wordUnits = new Uint16Array(length * 2);
      wordUnits[0] = metaspaceUnit;
      for (let i = wordFrom, k = shift; i < wordTo; i++, k++) {
        const unit = text.charCodeAt(i);
        wordUnits[k] = unit === 0x20 ? metaspaceUnit : unit;
      }
      encodeWord(wordUnits, length, (id, tokenFrom, tokenTo) => {
        const start = wordFrom - shift + tokenFrom;
        emit(
          id,
          Math.max(wordFrom, start),
          wordFrom - shift + tokenTo,
          wordUnits.subarray(tokenFrom, tokenTo),
        );
      });
    });
  };

  /** Emits the tokens of original text that holds no added token of the first kind. */
  const encodeNormalized = (text: string, isInputStart: boolean, emit: Emit): void => {
    for (const { id, from, to } of splitNormalized(text)) {
      if (id >= 0) emit(id, from, to, undefined);
      else encodeStretch(text, from, to, isInputStart && from === 0, emit);
    }
  };

  return {
    encode(text, { addSpecialTokens = true } = {}) {
      const ids = makeIdBuffer();
      if (addSpecialTokens) parts.prefixIds.forEach(ids.push);
      const wellFormed = text.replaceAll(LONE_SURROGATES, '\u{FFFD}');
      for (const { id, from, to } of splitOriginal(wellFormed)) {
        if (id >= 0) ids.push(id);
        else encodeNormalized(normalize(wellFormed.slice(from, to)), from === 0, ids.push);
      }
      if (addSpecialTokens) parts.suffixIds.forEach(ids.push);
      return ids.take();
    },

    encodeWithPieces(text, { addSpecialTokens = true } = {}) {
      const tokens: TokenPiece[] = [];
      const put = (id: number, at: number): void => {
        tokens.push({ id, piece: idToPiece(id) ?? '', start: at, end: at });
      };
      if (addSpecialTokens) for (const id of parts.prefixIds) put(id, 0);
      const wellFormed = text.replaceAll(LONE_SURROGATES, '\u{FFFD}');
      for (const { id, from, to } of splitOriginal(wellFormed)) {
        if (id >= 0) {
          tokens.push({ id, piece: wellFormed.slice(from, to), start: from, end: to });
          continue;
        }
        const aligned = normalizeAligned(wellFormed.slice(from, to), normalizer);
        encodeNormalized(aligned.text, from === 0, (tokenId, tokenFrom, tokenTo, spelling) => {
          const { start, end } = originalRange(aligned.alignment, tokenFrom, tokenTo, to - from);
          const piece =
            spelling === undefined
              ? aligned.text.slice(tokenFrom, tokenTo)
              : tokenId === vocabulary.unkId
                ? spell(spelling)
                : vocabulary.pieces[tokenId]!;
          tokens.push({ id: tokenId, piece, start: from + start, end: from + end });
        });
      }
      if (addSpecialTokens) for (const id of parts.suffixIds) put(id, text.length);
      return tokens;
    },

    decode(ids, { skipSpecialTokens = true } = {}) {
      const pieces: string[] = [];
      for (let i = 0; i < ids.length; i++) {
        const piece = decodedPieces.get(ids[i]!) ?? vocabulary.pieces[ids[i]!];
        if (piece === undefined || (skipSpecialTokens && specialPieces.has(piece))) continue;
        pieces.push(piece);
      }
      return decodePieces(pieces, parts.decoders);
    },

    vocabularySize: parts.addedTokens.reduce(
      (size, token) => Math.max(size, token.id + 1),
      vocabulary.pieces.length,
    ),
    padId: parts.padId,
    eosId: parts.eosId,
    unkId: vocabulary.unkId,
    idToPiece,
    pieceToId: (piece) => pieceIds.get(piece),
  };
}

function normalizeAligned(
  text: string,
  steps: readonly NormalizerStep[],
): { text: string; alignment: Alignment } {
  let current = text;
  let alignment = identityAlignment(text.length);
  for (const step of steps) {
    const edits = step(current);
    alignment = alignEdits(alignment, edits);
    current = applyEdits(current, edits);
  }
  return { text: current, alignment };
}

/** The original range of normalised [from, to); for nothing, the empty range where it would stand. */
function originalRange(
  { starts, ends }: Alignment,
  from: number,
  to: number,
  originalLength: number,
): { start: number; end: number } {
  const start = starts[from] ?? originalLength;
  return { start, end: to > from ? ends[to - 1]! : start };
}

function spell(units: Uint16Array): string {
  return Array.from(units, (unit) => String.fromCharCode(unit)).join('');
}

/** A growing list of ids. */
function makeIdBuffer(): { push: (id: number) => void; take: () => Int32Array } {
  let buffer = new Int32Array(64);
  let length = 0;
  return {
    push: (id) => {
      if (length === buffer.length) {
        const larger = new Int32Array(length * 2);
        larger.set(buffer);
        buffer = larger;
      }
      buffer[length++] = id;
    },
    take: () => buffer.slice(0, length),
  };
}
