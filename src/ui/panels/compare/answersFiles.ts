/** The answers to the held-out rows as files: CSV with one line per row, JSON with everything. */
import { ARMS, type ComparisonRow } from '../../../eval/comparison.ts';
import type { Decoding } from '../../../state/decoding.ts';

/** RFC 4180 text: row, input, reference, then answer, ROUGE-L, exact match and tokens of each arm that answered. */
export function answersCsv(rows: readonly ComparisonRow[]): string {
  const arms = ARMS.filter((arm) => rows.some(({ outputs }) => outputs[arm] !== undefined));
  const header = [
    'row',
    'input',
    'reference',
    ...arms.flatMap((arm) => [
      `${arm}_answer`,
      `${arm}_rouge_l`,
      `${arm}_exact_match`,
      `${arm}_tokens`,
      `${arm}_ms`,
    ]),
  ];
  const lines = rows.map(({ rowIndex, prompt, reference, outputs }) => [
    rowIndex + 1,
    prompt,
    reference,
    ...arms.flatMap((arm) => {
      const output = outputs[arm];
      return output === undefined
        ? ['', '', '', '', '']
        : [output.text, output.rougeL, output.exactMatch, output.tokenCount, output.elapsedMs];
    }),
  ]);
  return `${[header, ...lines].map((line) => line.map(field).join(',')).join('\r\n')}\r\n`;
}

/** Everything measured, with the settings it was measured with. */
export function answersJson(
  rows: readonly ComparisonRow[],
  setting: { model: string; adapter: string | undefined; decoding: Decoding },
): string {
  return `${JSON.stringify({ ...setting, rows }, null, 2)}\n`;
}

function field(value: string | number | boolean): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
