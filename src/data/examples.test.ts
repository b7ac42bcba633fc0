import { describe, expect, it } from 'vitest';
import { describeProblem, toProblem } from '../lib/problem.ts';
import { makeExamples } from './examples.ts';
import type { Task } from './task.ts';
import { ALPACA, SUMMARISE } from './templates.ts';

const table = {
  name: 'chats.csv',
  columns: ['id', 'dialogue', 'summary'],
  rows: [
    { id: '1', dialogue: 'A: Hi.', summary: 'Greeting.' },
    { id: '2', dialogue: 'A: Bye.', summary: '  ' },
    { id: '3', dialogue: '', summary: 'Nothing.' },
    { id: '4', dialogue: '<script>alert(1)</script>', summary: 'Code.' },
  ],
  lines: [2, 5, 6, 9],
};
const task: Task = {
  kind: 'supervised',
  inputColumn: 'dialogue',
  targetColumn: 'summary',
  template: SUMMARISE,
};

/** What the person reads when making examples fails. */
function failure(changes: Partial<typeof table>, changedTask: Task): string {
  try {
    makeExamples({ ...table, ...changes }, changedTask);
  } catch (error) {
    return describeProblem(toProblem(error));
  }
  return 'no problem';
}

describe('makeExamples', () => {
  it('fills the template and lists rows left out by line and column', () => {
    const { examples, problems } = makeExamples(table, task);
    expect(examples).toEqual([
      {
        rowIndex: 0,
        prompt: 'Summarize the following conversation.\n\nA: Hi.\n\nSummary: ',
        target: 'Greeting.',
      },
      {
        rowIndex: 3,
        prompt: 'Summarize the following conversation.\n\n<script>alert(1)</script>\n\nSummary: ',
        target: 'Code.',
      },
    ]);
    expect(problems.map(describeProblem)).toEqual([
      'chats.csv, row 5, column summary: The target (column "summary") is empty; the row is left out. Fill it in if the row matters.',
      'chats.csv, row 6, column dialogue: The input (column "dialogue") is empty; the row is left out. Fill it in if the row matters.',
    ]);
  });

  it('keeps instructions without an input, and fills column slots of an own template', () => {
    const instructions: Task = {
      kind: 'instruction',
      instructionColumn: 'summary',
      inputColumn: 'dialogue',
      outputColumn: 'id',
      template: ALPACA,
    };
    const { examples } = makeExamples(table, instructions);
    expect(examples.map(({ rowIndex }) => rowIndex)).toEqual([0, 2, 3]);
    expect(examples[1]!.prompt).toMatch(/### Instruction:\nNothing\.\n\n### Response:$/);
    const own = makeExamples(table, { ...task, template: { id: 'own', text: 'Chat {id}: {input}' } });
    expect(own.examples[0]!.prompt).toBe('Chat 1: A: Hi.');
  });

  it('throws when every target is empty', () => {
    expect(failure({ rows: table.rows.map((row) => ({ ...row, summary: '' })) }, task)).toBe(
      'chats.csv, column summary: The target (column "summary") is empty in all 4 rows. Choose another column for the target, or fill this one in.',
    );
  });

  it('throws when no row is left', () => {
    expect(failure({ rows: table.rows.slice(1, 3) }, task)).toBe(
      'chats.csv, column summary: No row is left: each of the 2 rows has an empty target (column "summary") or input (column "dialogue"). Choose another column for the target, or fill this one in.',
    );
  });

  it('throws for a table without rows, a column that is not there, not chosen, or used twice', () => {
    expect(failure({ rows: [], lines: [] }, task)).toMatch(/^chats\.csv: The table has no rows\./);
    expect(failure({}, { ...task, targetColumn: 'label' })).toBe(
      'chats.csv, column label: The table has no column "label". Choose among its columns: id, dialogue, summary.',
    );
    expect(failure({}, { ...task, targetColumn: '' })).toMatch(/A column is not chosen yet/);
    expect(failure({}, { ...task, targetColumn: 'dialogue' })).toMatch(/"dialogue" is both input and target/);
  });
});
