/**
 * Recognises files that are not text tables at all by their first bytes: archives, office files, images, web pages.
 * Whatever the file's name says, the content decides.
 */
export interface ForeignFile {
  /** With its article: "an Excel workbook". */
  what: string;
  fix: string;
}

const SPREADSHEET_FIX = 'Open it, save it as "CSV UTF-8", and load that file.';
const UNPACK_FIX = 'Unpack it and load the file inside.';
const OTHER_FIX = 'Load a CSV, TSV, JSON or JSONL file.';
const PARQUET_FIX =
  'Save it as CSV or JSONL, for example with pandas: read_parquet(…).to_json(…, orient="records", lines=True).';

const SIGNATURES: readonly { bytes: string; what: string; fix: string }[] = [
  { bytes: '%PDF-', what: 'a PDF document', fix: OTHER_FIX },
  { bytes: '\x89PNG', what: 'a PNG image', fix: OTHER_FIX },
  { bytes: '\xff\xd8\xff', what: 'a JPEG image', fix: OTHER_FIX },
  { bytes: 'GIF8', what: 'a GIF image', fix: OTHER_FIX },
  { bytes: '\x1f\x8b', what: 'a gzip archive', fix: UNPACK_FIX },
  { bytes: 'BZh', what: 'a bzip2 archive', fix: UNPACK_FIX },
  { bytes: '\xfd7zXZ', what: 'an xz archive', fix: UNPACK_FIX },
  { bytes: '\x28\xb5\x2f\xfd', what: 'a Zstandard archive', fix: UNPACK_FIX },
  { bytes: '7z\xbc\xaf\x27\x1c', what: 'a 7-Zip archive', fix: UNPACK_FIX },
  { bytes: 'Rar!', what: 'a RAR archive', fix: UNPACK_FIX },
  { bytes: 'PAR1', what: 'a Parquet file', fix: PARQUET_FIX },
  { bytes: 'ARROW1', what: 'an Arrow file', fix: 'Save it as CSV or JSONL and load that.' },
  { bytes: 'SQLite format 3', what: 'an SQLite database', fix: 'Export the table as CSV and load that.' },
  { bytes: '\xd0\xcf\x11\xe0', what: 'an old Excel or Word file', fix: SPREADSHEET_FIX },
  { bytes: '\x93NUMPY', what: 'a NumPy array', fix: OTHER_FIX },
  { bytes: '\x7fELF', what: 'a program', fix: OTHER_FIX },
  { bytes: '{\\rtf', what: 'a rich-text (RTF) document', fix: 'Save it as plain text or CSV and load that.' },
];

/** What the bytes are if they are no text table, else undefined. Reads only the first few thousand bytes. */
export function recogniseForeign(bytes: Uint8Array): ForeignFile | undefined {
  const head = latin1(bytes.subarray(0, 4096));
  if (head.startsWith('PK\x03\x04')) return recogniseZip(head);
  const found = SIGNATURES.find(({ bytes: start }) => head.startsWith(start));
  if (found) return { what: found.what, fix: found.fix };
  if (isSafetensors(bytes, head)) {
    return { what: 'a safetensors file (model weights)', fix: 'Load it in Model, not in Data.' };
  }
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html[\s>])/i.test(head)) {
    return {
      what: 'a web page (HTML)',
      fix: 'Saving a link often saves the page around the file: use the download button of that page and load what it gives.',
    };
  }
  return undefined;
}

function recogniseZip(head: string): ForeignFile {
  if (head.includes('xl/')) return { what: 'an Excel workbook', fix: SPREADSHEET_FIX };
  if (head.includes('word/')) return { what: 'a Word document', fix: OTHER_FIX };
  if (head.includes('opendocument.spreadsheet')) {
    return { what: 'an OpenDocument spreadsheet', fix: SPREADSHEET_FIX };
  }
  return { what: 'a zip archive', fix: UNPACK_FIX };
}

/** A 64-bit header length below 100 MB, followed by a JSON object. */
function isSafetensors(bytes: Uint8Array, head: string): boolean {
  return (
    bytes.length > 10 &&
    bytes[4] === 0 &&
    bytes[5] === 0 &&
    bytes[6] === 0 &&
    bytes[7] === 0 &&
    head.startsWith('{"', 8)
  );
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
