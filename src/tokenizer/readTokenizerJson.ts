/**
 * Reads a Hugging Face `tokenizer.json` of the T5 family. What the file asks for and this module does not do is
 * refused by name, because a tokenizer that is almost right trains a model on the wrong ids.
 */
import { ProblemError } from '../lib/problem.ts';
import { escapeForRegExp, type AddedToken } from './addedTokens.ts';
import type { Decoder } from './decoder.ts';
import { parseSerdeNumber, quoteNumbers } from './jsonNumbers.ts';
import type { Metaspace, WordRules } from './metaspace.ts';
import { replaceStep, stripStep, type NormalizerStep } from './normalizer.ts';
import { readCharsmap } from './precompiledCharsmap.ts';
import { makeTokenizer, type Tokenizer } from './tokenizer.ts';
import type { UnigramVocabulary } from './unigram.ts';

/** A JSON object whose numbers are still strings of digits. */
type Json = Record<string, unknown>;

/** Where a part of the file is reported to be wrong. */
type Fail = (code: string, message: string) => ProblemError;

const PAD = '<pad>';
const EOS = '</s>';

/** The tokenizer that a file describes. Throws ProblemError when the file is broken or asks for something else than T5's. */
export function readTokenizerJson(text: string, fileName = 'tokenizer.json'): Tokenizer {
  const fail: Fail = (code, message) =>
    new ProblemError({
      code,
      message,
      fix: 'Use the tokenizer.json that belongs to a T5 or FLAN-T5 model.',
      file: fileName,
    });
  const file = parseFile(text, fail);
  const vocabulary = readVocabulary(file['model'], fail);
  const addedTokens = readAddedTokens(file['added_tokens'], vocabulary.pieces, fail);
  const idOf = (content: string): number => {
    const id =
      addedTokens.find((token) => token.content === content)?.id ?? vocabulary.pieces.indexOf(content);
    if (id < 0) throw fail('tokenizer-token-missing', `The vocabulary has no ${content} token.`);
    return id;
  };
  return makeTokenizer({
    vocabulary,
    addedTokens,
    normalizer: readNormalizer(file['normalizer'], fail),
    words: readPreTokenizer(file['pre_tokenizer'], fail),
    ...readTemplate(file['post_processor'], fail),
    decoders: readDecoder(file['decoder'], fail),
    padId: idOf(PAD),
    eosId: idOf(EOS),
  });
}

function parseFile(text: string, fail: Fail): Json {
  try {
    JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fail('tokenizer-not-json', `The file is not JSON (${reason}).`);
  }
  const file: unknown = JSON.parse(quoteNumbers(text));
  if (!isJson(file) || !isJson(file['model'])) {
    throw fail('tokenizer-no-model', 'The file has no "model", so it is not a tokenizer.json.');
  }
  return file;
}

function readVocabulary(value: unknown, fail: Fail): UnigramVocabulary {
  const model = value as Json;
  if (model['type'] !== 'Unigram') {
    throw fail(
      'tokenizer-model-unsupported',
      `The tokenizer model is ${name(model['type'])}; T5 uses Unigram, and only that is supported.`,
    );
  }
  const entries = model['vocab'];
  if (!Array.isArray(entries) || entries.length === 0) {
    throw fail('tokenizer-vocabulary-broken', 'The Unigram model has no "vocab" list.');
  }
  const pieces: string[] = [];
  const scores = new Float64Array(entries.length);
  entries.forEach((entry: unknown, id) => {
    const [piece, score] = Array.isArray(entry) ? (entry as unknown[]) : [];
    scores[id] = typeof score === 'string' ? parseSerdeNumber(score) : Number.NaN;
    if (typeof piece !== 'string' || Number.isNaN(scores[id])) {
      throw fail('tokenizer-vocabulary-broken', `Entry ${id} of "vocab" is not a piece with a score.`);
    }
    pieces.push(piece);
  });
  const unkId = Number(model['unk_id'] ?? Number.NaN);
  if (!(unkId >= 0 && unkId < pieces.length)) {
    throw fail(
      'tokenizer-vocabulary-broken',
      `"unk_id" is ${name(model['unk_id'])}, which is not one of the ${pieces.length} pieces.`,
    );
  }
  return { pieces, scores, unkId, usesByteFallback: model['byte_fallback'] === true };
}

/** Tokens that the vocabulary has keep its id; the others are numbered after it, as the reference does. */
function readAddedTokens(value: unknown, pieces: readonly string[], fail: Fail): AddedToken[] {
  const ids = new Map(pieces.map((piece, id) => [piece, id]));
  let nextId = pieces.length;
  return asList(value).map((token, i) => {
    if (!isJson(token) || typeof token['content'] !== 'string') {
      throw fail('tokenizer-added-token-broken', `Entry ${i} of "added_tokens" has no "content".`);
    }
    const content = token['content'];
    const id = ids.get(content) ?? nextId++;
    ids.set(content, id);
    return {
      id,
      content,
      isSingleWord: token['single_word'] === true,
      stripsLeft: token['lstrip'] === true,
      stripsRight: token['rstrip'] === true,
      isNormalized: token['normalized'] === true,
      isSpecial: token['special'] === true,
    };
  });
}

function readNormalizer(value: unknown, fail: Fail): NormalizerStep[] {
  if (value == null) return [];
  const step = isJson(value) ? value : {};
  switch (step['type']) {
    case 'Sequence':
      return asList(step['normalizers']).flatMap((part) => readNormalizer(part, fail));
    case 'Precompiled':
      return [readPrecompiled(step['precompiled_charsmap'], fail)];
    case 'Strip':
      return [stripStep(step['strip_left'] === true, step['strip_right'] === true)];
    case 'Replace':
      return [replaceStep(readPattern(step['pattern'], fail), asText(step['content']))];
    default:
      throw fail(
        'tokenizer-normalizer-unsupported',
        `The normalizer ${name(step['type'])} is not supported; supported are Precompiled, Strip, Replace and Sequence.`,
      );
  }
}

function readPrecompiled(value: unknown, fail: Fail): NormalizerStep {
  // An empty charsmap means no rules.
  if (value == null || value === '') return () => [];
  try {
    const charsmap = readCharsmap(
      Uint8Array.from(atob(asText(value)), (character) => character.charCodeAt(0)),
    );
    return (text) => charsmap.edits(text);
  } catch (error) {
    throw fail('tokenizer-normalizer-broken', `The precompiled_charsmap cannot be read (${String(error)}).`);
  }
}

/** A literal text, or of regular expressions the one kind T5 files use: a character repeated, such as ` {2,}`. */
function readPattern(value: unknown, fail: Fail): RegExp {
  const pattern = isJson(value) ? value : {};
  const literal = pattern['String'];
  if (typeof literal === 'string' && literal !== '') return new RegExp(escapeForRegExp(literal), 'gu');
  const repeated = /^([^\\^$.*+?()[\]{}|])(\+|\{(\d+),\})$/u.exec(asText(pattern['Regex']));
  if (repeated === null) {
    throw fail(
      'tokenizer-normalizer-unsupported',
      `The normalizer Replace with the pattern ${name(pattern['Regex'] ?? literal)} is not supported.`,
    );
  }
  return new RegExp(`${repeated[1]}{${repeated[3] ?? '1'},}`, 'gu');
}

function readPreTokenizer(value: unknown, fail: Fail): WordRules {
  const step = isJson(value) ? value : {};
  const steps = step['type'] === 'Sequence' ? asList(step['pretokenizers']) : [value];
  const types = steps.map((part) => (isJson(part) ? part['type'] : undefined));
  const shape = types.join(' then ');
  if (shape !== 'Metaspace' && shape !== 'WhitespaceSplit then Metaspace') {
    throw fail(
      'tokenizer-pre-tokenizer-unsupported',
      `The pre-tokenizer ${name(shape)} is not supported; supported are Metaspace and WhitespaceSplit then Metaspace.`,
    );
  }
  return {
    splitsAtWhitespace: types.length === 2,
    metaspace: readMetaspace(steps.at(-1) as Json, fail),
  };
}

function readMetaspace(step: Json, fail: Fail): Metaspace {
  const replacement = step['replacement'];
  const scheme = step['add_prefix_space'] === false ? 'never' : (step['prepend_scheme'] ?? 'always');
  if (
    typeof replacement !== 'string' ||
    replacement.length !== 1 ||
    (scheme !== 'always' && scheme !== 'first' && scheme !== 'never')
  ) {
    throw fail(
      'tokenizer-pre-tokenizer-unsupported',
      `Metaspace with replacement ${name(replacement)} and prepend_scheme ${name(scheme)} is not supported.`,
    );
  }
  return { replacement, prepend: scheme, splits: step['split'] !== false };
}

function readTemplate(value: unknown, fail: Fail): { prefixIds: number[]; suffixIds: number[] } {
  const prefixIds: number[] = [];
  const suffixIds: number[] = [];
  if (value == null) return { prefixIds, suffixIds };
  const step = isJson(value) ? value : {};
  if (step['type'] !== 'TemplateProcessing') {
    throw fail(
      'tokenizer-post-processor-unsupported',
      `The post-processor ${name(step['type'])} is not supported; only TemplateProcessing is.`,
    );
  }
  const specials = isJson(step['special_tokens']) ? step['special_tokens'] : {};
  let ids = prefixIds;
  for (const part of asList(step['single'])) {
    const token = isJson(part) && isJson(part['SpecialToken']) ? part['SpecialToken']['id'] : undefined;
    if (token === undefined) {
      ids = suffixIds;
      continue;
    }
    const special = specials[asText(token)];
    if (!isJson(special)) {
      throw fail(
        'tokenizer-post-processor-broken',
        `The template names ${name(token)} but gives no ids for it.`,
      );
    }
    ids.push(...asList(special['ids']).map(Number));
  }
  return { prefixIds, suffixIds };
}

function readDecoder(value: unknown, fail: Fail): Decoder[] {
  const step = isJson(value) ? value : {};
  switch (step['type']) {
    case 'Sequence':
      return asList(step['decoders']).flatMap((part) => readDecoder(part, fail));
    case 'Metaspace': {
      const { replacement, prepend } = readMetaspace(step, fail);
      return [{ kind: 'metaspace', replacement, dropsFirst: prepend !== 'never' }];
    }
    case 'Replace': {
      const pattern = isJson(step['pattern']) ? step['pattern']['String'] : undefined;
      if (typeof pattern !== 'string' || pattern === '') break;
      return [{ kind: 'replace', from: pattern, to: asText(step['content']) }];
    }
    case 'Strip':
      return [
        {
          kind: 'strip',
          character: asText(step['content']),
          startCount: Number(step['start']),
          endCount: Number(step['stop']),
        },
      ];
    case 'ByteFallback':
      return [{ kind: 'byteFallback' }];
    case 'Fuse':
      return [{ kind: 'fuse' }];
  }
  throw fail('tokenizer-decoder-unsupported', `The decoder ${name(step['type'])} is not supported.`);
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A value as it is named in a message. */
function name(value: unknown): string {
  return value === undefined || value === null || value === '' ? 'none' : JSON.stringify(value);
}
