import Papa from 'papaparse';

/** Field separators Graft knows, the usual one first. */
export const DELIMITERS = [',', ';', '\t', '|'] as const;

const SAMPLE_CHARACTERS = 64 * 1024;
const SAMPLE_RECORDS = 50;

/** A separator and how well it fits. */
export interface DelimiterGuess {
  delimiter: string;
  /** Columns of the header under this separator. */
  columnCount: number;
  /** Share of the sampled records that have as many fields as the header, 0 to 1. */
  fit: number;
}

/** The separator under which most records have as many fields as the header (at least two); a comma when none fits. */
export function guessDelimiter(text: string, newline: '\n' | '\r'): DelimiterGuess {
  let sample = text.slice(0, SAMPLE_CHARACTERS);
  if (sample.length < text.length) sample = sample.slice(0, sample.lastIndexOf(newline) + 1) || sample;
  let best: DelimiterGuess = { delimiter: ',', columnCount: 1, fit: 0 };
  for (const delimiter of DELIMITERS) {
    const guess = judge(sample, delimiter, newline);
    if (guess.columnCount < 2) continue;
    const isBetter = guess.fit > best.fit || (guess.fit === best.fit && guess.columnCount > best.columnCount);
    if (isBetter) best = guess;
  }
  return best;
}

function judge(sample: string, delimiter: string, newline: '\n' | '\r'): DelimiterGuess {
  const { data } = Papa.parse<string[]>(sample, { delimiter, newline, preview: SAMPLE_RECORDS });
  const records = data.filter((record) => record.length > 1 || (record[0] ?? '').trim() !== '');
  const columnCount = records[0]?.length ?? 0;
  const fitting = records.filter((record) => record.length === columnCount).length;
  return { delimiter, columnCount, fit: records.length === 0 ? 0 : fitting / records.length };
}
