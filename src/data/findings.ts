import type { Row } from '../formats/table.ts';
import { columnStats } from './columnStats.ts';
import type { Example } from './example.ts';
import type { Task } from './task.ts';
import type { TokenSetSummary } from './tokenSet.ts';

/** Something about the rows worth knowing before training. */
export interface Finding {
  /** `bad`: training on it makes little sense; `warn`: it will cost quality; `note`: good to know. */
  severity: 'bad' | 'warn' | 'note';
  title: string;
  detail: string;
  /** Rows it is about (0-based indices of the table); empty when it is about all. */
  rowIndices: number[];
  /** What one click can do about it: leave those rows out. */
  fix?: 'drop-rows';
}

/** Which examples lost their end in tokenising (positions in the list of examples). */
export interface CutExamples {
  cutInputs: Uint32Array;
  cutLabels: Uint32Array;
}

/** Looks at rows, examples and token figures; the gravest findings first. `cut` names the rows that were cut. */
export function findFindings(
  rows: readonly Row[],
  task: Task,
  examples: readonly Example[],
  summary?: TokenSetSummary,
  cut?: CutExamples,
): Finding[] {
  const findings = [
    ...emptyFields(rows, task),
    ...duplicates(examples),
    ...sameInputOtherTarget(examples),
    ...truncated(examples, summary, cut),
    ...unknownTokens(summary),
    ...labelImbalance(rows, task),
  ];
  const order = ['bad', 'warn', 'note'];
  return findings.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

function emptyFields(rows: readonly Row[], task: Task): Finding[] {
  const required =
    task.kind === 'supervised'
      ? [task.inputColumn, task.targetColumn]
      : [task.instructionColumn, task.outputColumn];
  return required.flatMap((column): Finding[] => {
    const rowIndices = rows.flatMap((row, index) => ((row[column] ?? '').trim() === '' ? [index] : []));
    if (rowIndices.length === 0) return [];
    return [
      {
        severity: rowIndices.length * 2 > rows.length ? 'bad' : 'warn',
        title: `${count(rowIndices.length, 'row')} with an empty "${column}"`,
        detail: `${percent(rowIndices.length, rows.length)} of the rows have nothing in this column; they are left out of training.`,
        rowIndices,
      },
    ];
  });
}

function duplicates(examples: readonly Example[]): Finding[] {
  const seen = new Set<string>();
  const rowIndices: number[] = [];
  for (const { rowIndex, prompt, target } of examples) {
    const key = `${prompt}\u0000${target}`;
    if (seen.has(key)) rowIndices.push(rowIndex);
    seen.add(key);
  }
  if (rowIndices.length === 0) return [];
  return [
    {
      severity: 'warn',
      title: count(rowIndices.length, 'exact duplicate'),
      detail:
        'The same prompt with the same target occurs before; repeated rows weigh more in training and teach nothing new.',
      rowIndices,
      fix: 'drop-rows',
    },
  ];
}

function sameInputOtherTarget(examples: readonly Example[]): Finding[] {
  const targets = new Map<string, string>();
  const rowIndices: number[] = [];
  for (const { rowIndex, prompt, target } of examples) {
    const first = targets.get(prompt);
    if (first === undefined) targets.set(prompt, target);
    else if (first !== target) rowIndices.push(rowIndex);
  }
  if (rowIndices.length === 0) return [];
  return [
    {
      severity: 'note',
      title: `${count(rowIndices.length, 'row')} with a prompt seen before and another target`,
      detail:
        'Fine for several good answers to one question; for labels it means that they contradict each other.',
      rowIndices,
    },
  ];
}

function truncated(
  examples: readonly Example[],
  summary: TokenSetSummary | undefined,
  cut: CutExamples | undefined,
): Finding[] {
  if (!summary) return [];
  const rowsOf = (indices: Uint32Array | undefined): number[] =>
    Array.from(indices ?? [], (index) => examples[index]?.rowIndex ?? -1).filter((index) => index >= 0);
  const finding = (
    what: 'input' | 'target',
    cutCount: number,
    longest: number,
    rowIndices: number[],
  ): Finding[] =>
    cutCount === 0
      ? []
      : [
          {
            severity: cutCount * 5 > summary.exampleCount || what === 'target' ? 'warn' : 'note',
            title: `${percent(cutCount, summary.exampleCount)} of the ${what}s are too long`,
            detail:
              `${count(cutCount, what)} ${cutCount === 1 ? 'loses its' : 'lose their'} end at ${longest} tokens. ` +
              (what === 'input'
                ? 'Raise the input limit if what matters stands at the end.'
                : 'The model learns to stop in mid-sentence; raise the target limit or leave these rows out.'),
            rowIndices,
            ...(rowIndices.length > 0 ? { fix: 'drop-rows' as const } : {}),
          },
        ];
  return [
    ...finding('target', summary.truncatedLabels, summary.longestLabel, rowsOf(cut?.cutLabels)),
    ...finding('input', summary.truncatedInputs, summary.longestInput, rowsOf(cut?.cutInputs)),
  ];
}

function unknownTokens(summary: TokenSetSummary | undefined): Finding[] {
  if (!summary || summary.unknownTokens === 0) return [];
  const tokenCount = summary.inputTokens + summary.labelTokens;
  return [
    {
      severity: summary.unknownTokens * 50 > tokenCount ? 'warn' : 'note',
      title: `${percent(summary.unknownTokens, tokenCount)} unknown tokens`,
      detail: `${count(summary.unknownTokens, 'token')} hold characters that the vocabulary does not have; the model sees and writes <unk> for them.`,
      rowIndices: [],
    },
  ];
}

function labelImbalance(rows: readonly Row[], task: Task): Finding[] {
  const column = task.kind === 'supervised' ? task.targetColumn : task.outputColumn;
  if (columnStats({ columns: [column], rows })[0]?.kind !== 'label') return [];
  const counts = new Map<string, number>();
  for (const row of rows) {
    const label = (row[column] ?? '').trim();
    if (label !== '') counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const [largest, smallest] = [sorted[0], sorted.at(-1)];
  if (!largest || !smallest || largest === smallest) return [];
  const labelled = sorted.reduce((sum, [, n]) => sum + n, 0);
  const isUneven = largest[1] >= 10 * smallest[1] || (sorted.length === 2 && largest[1] >= 4 * smallest[1]);
  return [
    {
      severity: isUneven ? 'warn' : 'note',
      title: isUneven
        ? `Labels are uneven: ${sorted.length} in "${column}"`
        : `${sorted.length} labels in "${column}"`,
      detail:
        `Most frequent: "${largest[0]}" (${percent(largest[1], labelled)} of the rows, what always guessing it would score). ` +
        `Rarest: "${smallest[0]}" (${count(smallest[1], 'row')}).`,
      rowIndices: [],
    },
  ];
}

function count(n: number, noun: string): string {
  return `${n.toLocaleString('en-GB')} ${noun}${n === 1 ? '' : 's'}`;
}

/** One digit below ten per cent; never "0 %" for something. */
function percent(part: number, whole: number): string {
  const share = (100 * part) / whole;
  if (share > 0 && share < 0.1) return 'under 0.1 %';
  return `${share < 10 ? share.toFixed(1) : share.toFixed(0)} %`;
}
