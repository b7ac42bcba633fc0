import { analyse } from 'chardet';
import { ProblemError } from '../lib/problem.ts';
import { recogniseForeign } from './recogniseForeign.ts';
import { decodeWindows1252 } from './windows1252.ts';

/** Bytes of a file as text, and how they were read. */
export interface DecodedText {
  text: string;
  /** `UTF-8`, `UTF-16LE`, `windows-1252`, … */
  encoding: string;
  hadByteOrderMark: boolean;
  /** The file does not say its encoding and is not valid UTF-8: the encoding is the likeliest one. */
  isGuess: boolean;
  /** Damaged characters replaced by U+FFFD. */
  replacedCount: number;
}

/** One JavaScript string holds about 2²⁹ characters in Chrome; half of it leaves room to work. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
const SAMPLE_BYTES = 64 * 1024;

/**
 * Decodes a text file: byte-order mark, UTF-16 by its zero bytes, strict UTF-8, UTF-8 with a few damaged bytes,
 * else the likeliest 8-bit or East Asian encoding (Latin-1 is read as windows-1252, its superset).
 * Throws ProblemError for empty, too large and binary files.
 */
export function decodeText(bytes: Uint8Array, file: string): DecodedText {
  if (bytes.length === 0) throw emptyFile(file);
  if (bytes.length > MAX_FILE_BYTES) {
    throw new ProblemError({
      code: 'file-too-large',
      message: `The file has ${Math.ceil(bytes.length / 1048576)} MB; Graft reads text files up to ${MAX_FILE_BYTES / 1048576} MB.`,
      fix: 'Split it, or take a sample of its rows.',
      file,
    });
  }
  const foreign = recogniseForeign(bytes);
  if (foreign) {
    throw new ProblemError({
      code: 'not-a-text-table',
      message: `This is ${foreign.what}, not a text table.`,
      fix: foreign.fix,
      file,
    });
  }
  const decoded = decode(bytes, file);
  if (decoded.text.trim() === '') throw emptyFile(file);
  return decoded;
}

function decode(bytes: Uint8Array, file: string): DecodedText {
  const marked = byteOrderMark(bytes);
  if (marked) return { ...lossy(bytes, marked), hadByteOrderMark: true, isGuess: false };
  const wide = utf16ByZeros(bytes);
  if (wide) return { ...lossy(bytes, wide), hadByteOrderMark: false, isGuess: true };
  if (bytes.subarray(0, SAMPLE_BYTES).includes(0)) {
    throw new ProblemError({
      code: 'not-a-text-table',
      message: 'The file is binary: it holds zero bytes, which no text has.',
      fix: 'Load a CSV, TSV, JSON or JSONL file.',
      file,
    });
  }
  const plain = { hadByteOrderMark: false, replacedCount: 0 };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { ...plain, text, encoding: 'UTF-8', isGuess: false };
  } catch {
    const damaged = lossy(bytes, 'UTF-8');
    // A broken byte or two in a file full of good multi-byte characters is damage, not another encoding.
    if (damaged.replacedCount * 10 < countBeyondAscii(damaged.text)) {
      return { ...damaged, hadByteOrderMark: false, isGuess: false };
    }
    const encoding = guessEncoding(bytes);
    const text =
      encoding === 'windows-1252' ? decodeWindows1252(bytes) : new TextDecoder(encoding).decode(bytes);
    return { ...plain, text, encoding, isGuess: true };
  }
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'UTF-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'UTF-16LE';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'UTF-16BE';
  return undefined;
}

/** UTF-16 of mostly Western text has a zero in every second byte and hardly any in the others. */
function utf16ByZeros(bytes: Uint8Array): string | undefined {
  const pairCount = Math.min(SAMPLE_BYTES, bytes.length) >> 1;
  let evenZeros = 0;
  let oddZeros = 0;
  for (let i = 0; i < pairCount; i++) {
    if (bytes[2 * i] === 0) evenZeros++;
    if (bytes[2 * i + 1] === 0) oddZeros++;
  }
  if (oddZeros > 0.3 * pairCount && evenZeros < 0.02 * pairCount) return 'UTF-16LE';
  if (evenZeros > 0.3 * pairCount && oddZeros < 0.02 * pairCount) return 'UTF-16BE';
  return undefined;
}

function lossy(
  bytes: Uint8Array,
  encoding: string,
): Pick<DecodedText, 'text' | 'encoding' | 'replacedCount'> {
  const text = new TextDecoder(encoding).decode(bytes);
  return { text, encoding, replacedCount: text.split('\ufffd').length - 1 };
}

function countBeyondAscii(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) count++;
  return count;
}

/** The likeliest encoding of bytes that are not UTF-8. Weak evidence counts as Western European. */
function guessEncoding(bytes: Uint8Array): string {
  const firstHigh = bytes.findIndex((byte) => byte > 127);
  const start = Math.max(0, firstHigh - 1024);
  const best = analyse(bytes.subarray(start, start + SAMPLE_BYTES))[0];
  if (!best || best.confidence < 50 || /^(?:UTF|ASCII|ISO-8859-1$|windows-1252$)/.test(best.name)) {
    return 'windows-1252';
  }
  try {
    const encoding = new TextDecoder(best.name, { fatal: true });
    encoding.decode(bytes);
    return best.name;
  } catch {
    return 'windows-1252';
  }
}

function emptyFile(file: string): ProblemError {
  return new ProblemError({
    code: 'empty-file',
    message: 'The file is empty.',
    fix: 'Load a file with a header and at least one row.',
    file,
  });
}
