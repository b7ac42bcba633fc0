/**
 * A strict JSON walker that builds nothing: it finds where a value ends, or where and why the text stops being JSON.
 * `JSON.parse` words its errors differently in every browser and does not say what was being read.
 * Reference: RFC 8259.
 */

/** Where JSON breaks. Thrown inside the readers, never past them. */
export class JsonFault extends Error {
  /** Position of the first character that does not fit. */
  readonly index: number;
  /** The text ran out: everything up to its end was well formed. */
  readonly isCutOff: boolean;
  /** What was being read, e.g. `the value of "dialogue"`. */
  readonly reading: string;
  constructor(message: string, index: number, isCutOff: boolean, reading: string) {
    super(message);
    this.name = 'JsonFault';
    this.index = index;
    this.isCutOff = isCutOff;
    this.reading = reading;
  }
}

const MAX_DEPTH = 500;
const LITERALS = ['true', 'false', 'null'];
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Position of the first character at or after `index` that is not JSON white space. */
export function skipSpace(text: string, index: number): number {
  let i = index;
  for (;;) {
    const code = text.charCodeAt(i);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return i;
    i++;
  }
}

/** End of the JSON value that starts at `index` (white space before it is allowed). Throws JsonFault. */
export function skipValue(text: string, index: number, reading = 'a value', depth = 0): number {
  const i = skipSpace(text, index);
  if (depth > MAX_DEPTH)
    throw new JsonFault(`values are nested more than ${MAX_DEPTH} deep`, i, false, reading);
  switch (text[i]) {
    case undefined:
      throw new JsonFault('the text ends', i, true, reading);
    case '"':
      return skipString(text, i, reading);
    case '{':
      return skipObject(text, i, depth);
    case '[':
      return skipArray(text, i, reading, depth);
    default:
      return skipScalar(text, i, reading);
  }
}

/** End of the bracketed value at `index` by counting brackets outside strings, or -1 when it never ends. */
export function skipBalanced(text: string, index: number): number {
  let depth = 0;
  for (let i = index; i < text.length; i++) {
    const character = text[i];
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      depth--;
      if (depth === 0) return i + 1;
    } else if (character === '"') {
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === '\\') i++;
    }
  }
  return -1;
}

/** A position together with the line it is on, so that the next one is found without counting from the start again. */
export interface TextPlace {
  index: number;
  /** 1-based. */
  line: number;
  /** Position of the first character of that line. */
  lineStart: number;
}

export const TEXT_START: TextPlace = { index: 0, line: 1, lineStart: 0 };

/** The place of a later position; its 1-based column is `index - lineStart + 1`. */
export function placeAt(text: string, index: number, from: TextPlace = TEXT_START): TextPlace {
  let { line, lineStart } = from;
  for (let i = from.index; i < index; i++) {
    if (text.charCodeAt(i) !== 10) continue;
    line++;
    lineStart = i + 1;
  }
  return { index, line, lineStart };
}

function skipString(text: string, start: number, reading: string): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34) return i + 1;
    if (code < 32) throw new JsonFault('a string is not closed before the line ends', i, false, reading);
    if (code === 92) {
      const escape = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(i + 1, i + 6));
      if (escape) i += escape[0].length;
      else if (i + 6 < text.length)
        throw new JsonFault(`"${text.slice(i, i + 2)}" is no JSON escape`, i, false, reading);
    }
  }
  throw new JsonFault('the text ends inside a string', text.length, true, reading);
}

function skipObject(text: string, start: number, depth: number): number {
  let i = skipSpace(text, start + 1);
  if (text[i] === '}') return i + 1;
  for (;;) {
    if (text[i] !== '"') throw unexpected(text, i, 'a field name in double quotes', 'an object');
    const nameEnd = skipString(text, i, 'a field name');
    const reading = `the value of ${text.slice(i, nameEnd)}`;
    i = skipSpace(text, nameEnd);
    if (text[i] !== ':') throw unexpected(text, i, '":"', reading);
    i = skipSpace(text, skipValue(text, i + 1, reading, depth + 1));
    if (text[i] === '}') return i + 1;
    if (text[i] !== ',') throw unexpected(text, i, '"," or "}"', `what follows ${reading}`);
    i = skipSpace(text, i + 1);
  }
}

function skipArray(text: string, start: number, reading: string, depth: number): number {
  let i = skipSpace(text, start + 1);
  if (text[i] === ']') return i + 1;
  for (;;) {
    i = skipSpace(text, skipValue(text, i, reading, depth + 1));
    if (text[i] === ']') return i + 1;
    if (text[i] !== ',') throw unexpected(text, i, '"," or "]"', reading);
    i++;
  }
}

function skipScalar(text: string, i: number, reading: string): number {
  const literal = LITERALS.find((word) => text.startsWith(word, i));
  if (literal !== undefined) return i + literal.length;
  NUMBER.lastIndex = i;
  if (NUMBER.test(text)) {
    const end = NUMBER.lastIndex;
    if (end + 2 >= text.length && /^(?:\.|[eE][+-]?)$/.test(text.slice(end))) {
      throw new JsonFault('the text ends inside a number', text.length, true, reading);
    }
    return end;
  }
  const rest = text.slice(i, i + 6);
  const isCutOff = i + rest.length >= text.length && [...LITERALS, '-'].some((word) => word.startsWith(rest));
  if (isCutOff) throw new JsonFault('the text ends', text.length, true, reading);
  throw unexpected(text, i, 'a value', reading);
}

function unexpected(text: string, i: number, wanted: string, reading: string): JsonFault {
  const found = text[i];
  if (found === undefined) return new JsonFault('the text ends', i, true, reading);
  return new JsonFault(`${wanted} was expected, and "${found}" found`, i, false, reading);
}
