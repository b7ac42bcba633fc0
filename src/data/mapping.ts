import type { Row } from '../formats/table.ts';
import { ProblemError } from '../lib/problem.ts';
import { type ColumnStats, columnStats } from './columnStats.ts';
import type { PromptTemplate, Task } from './task.ts';
import { ALPACA, CLASSIFY, FLAN, PLAIN, SUMMARISE } from './templates.ts';

export { columnStats, type ColumnStats };

/** What a column is used for. At most one column has each role other than `unused`. */
export type ColumnRole = 'input' | 'target' | 'instruction' | 'unused';

/** Pairs of names met in published data sets, the most telling first. Names are compared in lower case. */
const KNOWN_PAIRS: readonly { inputs: string[]; targets: string[]; template: PromptTemplate }[] = [
  {
    inputs: ['dialogue', 'dialog', 'conversation', 'chat', 'transcript'],
    targets: ['summary', 'summary1', 'abstract', 'target'],
    template: SUMMARISE,
  },
  {
    inputs: ['article', 'document', 'text', 'body', 'passage', 'abstract', 'content'],
    targets: ['summary', 'highlights', 'headline', 'tldr'],
    template: { id: 'own', text: 'Summarize the following text.\n\n{input}\n\nSummary: ' },
  },
  {
    inputs: ['prompt'],
    targets: ['completion', 'response', 'answer', 'chosen', 'output', 'target'],
    template: PLAIN,
  },
  { inputs: ['question', 'query'], targets: ['answer', 'answers', 'response'], template: PLAIN },
  {
    inputs: ['input', 'inputs', 'source', 'src'],
    targets: ['target', 'targets', 'output', 'tgt'],
    template: PLAIN,
  },
  { inputs: ['mr', 'meaning_representation'], targets: ['ref', 'human_reference'], template: PLAIN },
  {
    inputs: [
      'text',
      'sentence',
      'utterance',
      'message',
      'query',
      'review',
      'comment',
      'question',
      'ticket',
      'input',
      'content',
    ],
    targets: ['intent', 'label', 'category', 'class', 'sentiment', 'emotion', 'labels', 'topic', 'tag'],
    template: CLASSIFY,
  },
  { inputs: ['text'], targets: ['target', 'output', 'response'], template: PLAIN },
];

const INPUT_NAMES: ReadonlySet<string> = new Set(KNOWN_PAIRS.flatMap(({ inputs }) => inputs));

const INSTRUCTION_OUTPUTS = ['output', 'response', 'target', 'completion', 'answer'];

/**
 * The likeliest task for a table, to be confirmed by the person: by the names of known formats, else by what the
 * columns look like (the longest text is read, a label or the other text is learned). `targetColumn` is empty when
 * no column can be learned.
 */
export function suggestTask(columns: readonly string[], sampleRows: readonly Row[]): Task {
  const find = (names: readonly string[]): string | undefined =>
    names
      .map((name) => columns.find((column) => column.toLowerCase() === name))
      .find((column) => column !== undefined);

  const instruction = find(['instruction']);
  const output = find(INSTRUCTION_OUTPUTS);
  if (instruction !== undefined && output !== undefined) {
    const input = find(['input', 'context']);
    return {
      kind: 'instruction',
      instructionColumn: instruction,
      ...(input === undefined ? {} : { inputColumn: input }),
      outputColumn: output,
      template: ALPACA,
    };
  }
  const question = find(['question']);
  const context = find(['context', 'passage']);
  const answer = find(['answer', 'answers']);
  if (question !== undefined && context !== undefined && answer !== undefined) {
    return {
      kind: 'instruction',
      instructionColumn: question,
      inputColumn: context,
      outputColumn: answer,
      template: FLAN,
    };
  }
  for (const { inputs, targets, template } of KNOWN_PAIRS) {
    const inputColumn = find(inputs);
    const targetColumn = find(targets);
    if (inputColumn !== undefined && targetColumn !== undefined && inputColumn !== targetColumn) {
      return { kind: 'supervised', inputColumn, targetColumn, template };
    }
  }
  return suggestByLooks(columnStats({ columns, rows: sampleRows }));
}

function suggestByLooks(stats: readonly ColumnStats[]): Task {
  const texts = stats
    .filter(({ kind }) => kind === 'text')
    .toSorted((a, b) => b.medianCharacters - a.medianCharacters);
  const label = stats.findLast(({ kind }) => kind === 'label');
  const others = stats.filter(({ kind }) => kind !== 'id' && kind !== 'empty' && kind !== 'date');
  const named = texts.find(({ name }) => INPUT_NAMES.has(name.toLowerCase()));
  const input = named ?? texts[0] ?? others[0] ?? stats[0];
  if (!input) return { kind: 'supervised', inputColumn: '', targetColumn: '', template: PLAIN };
  const target =
    label && label !== input ? label : (texts[1] ?? others.findLast((column) => column !== input));
  return {
    kind: 'supervised',
    inputColumn: input.name,
    targetColumn: target?.name ?? '',
    template: target && target === label ? CLASSIFY : PLAIN,
  };
}

/** The role of each column under a task; columns the task does not name are unused. */
export function rolesFromTask(task: Task, columns: readonly string[]): Record<string, ColumnRole> {
  const roleOf = (column: string): ColumnRole => {
    if (column === (task.kind === 'supervised' ? task.targetColumn : task.outputColumn)) return 'target';
    if (task.kind === 'instruction' && column === task.instructionColumn) return 'instruction';
    return column === task.inputColumn ? 'input' : 'unused';
  };
  return Object.fromEntries(columns.map((column) => [column, roleOf(column)]));
}

/**
 * The task that gives each column its role. A column with the role `instruction` makes it an instruction task;
 * `template` replaces the usual one. Throws ProblemError when the target or everything to read is missing, or a role
 * is given twice.
 */
export function taskFromRoles(roles: Readonly<Record<string, ColumnRole>>, template?: PromptTemplate): Task {
  const only = (role: ColumnRole): string | undefined => {
    const columns = Object.keys(roles).filter((column) => roles[column] === role);
    if (columns.length <= 1) return columns[0];
    throw new ProblemError({
      code: 'mapping-role-twice',
      message: `The columns ${columns.map((column) => `"${column}"`).join(' and ')} both have the role ${role}.`,
      fix: 'Give the role to one of them, and set the other to unused.',
      column: columns[1]!,
    });
  };
  const input = only('input');
  const instruction = only('instruction');
  const target = only('target');
  if (target === undefined) {
    throw new ProblemError({
      code: 'mapping-without-target',
      message: 'No column has the role target: there is nothing to learn.',
      fix: 'Set the column with the wished-for answers to target.',
    });
  }
  if (instruction !== undefined) {
    return {
      kind: 'instruction',
      instructionColumn: instruction,
      ...(input === undefined ? {} : { inputColumn: input }),
      outputColumn: target,
      template: template ?? ALPACA,
    };
  }
  if (input === undefined) {
    throw new ProblemError({
      code: 'mapping-without-input',
      message: 'No column has the role input: the model would have nothing to read.',
      fix: 'Set the column the model reads to input.',
    });
  }
  return { kind: 'supervised', inputColumn: input, targetColumn: target, template: template ?? PLAIN };
}
