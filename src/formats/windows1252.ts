/**
 * windows-1252 apart from `TextDecoder`: Node 20 reads it as Latin-1, so curly quotes and the euro sign become control
 * characters there (https://github.com/nodejs/node/issues/56542). Browsers need none of this, and it changes nothing there.
 */

/** Characters of the bytes 0x80 to 0x9f; five bytes are not assigned and stay control characters, as in WHATWG's table. */
const UPPER =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

/** Decodes bytes as windows-1252, the superset of Latin-1 that the web uses for both. Never fails. */
export function decodeWindows1252(bytes: Uint8Array): string {
  const text = new TextDecoder('windows-1252').decode(bytes);
  return text.replaceAll(/[\u0080-\u009f]/g, (character) => UPPER[character.charCodeAt(0) - 0x80]!);
}
