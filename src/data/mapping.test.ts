import { describe, expect, it } from 'vitest';
import type { Row } from '../formats/table.ts';
import { type ColumnRole, columnStats, rolesFromTask, suggestTask, taskFromRoles } from './mapping.ts';

/** Rows from columns of equal length. */
function rowsOf(columns: Record<string, readonly string[]>): { columns: string[]; rows: Row[] } {
  const names = Object.keys(columns);
  const count = columns[names[0]!]!.length;
  return {
    columns: names,
    rows: Array.from({ length: count }, (_, i) =>
      Object.fromEntries(names.map((name) => [name, columns[name]![i]!])),
    ),
  };
}

const numbers = Array.from({ length: 12 }, (_, i) => i);

describe('columnStats', () => {
  it('tells text, label, number, id, date and empty columns apart', () => {
    const table = rowsOf({
      id: numbers.map((i) => `train_${i}`),
      code: numbers.map((i) => `x${i * 7}f`),
      text: numbers.map((i) => `I would like to know about parcel ${i}, please`),
      intent: numbers.map((i) => ['delivery', 'refund', 'return a parcel'][i % 3]!),
      flag: numbers.map((i) => String(i % 2)),
      price: numbers.map((i) => `${i},50`),
      day: numbers.map((i) => `2024-03-${10 + i}`),
      at: numbers.map((i) => `2024-03-${10 + i}T10:00:00Z`),
      nothing: numbers.map(() => ' '),
    });
    expect(Object.fromEntries(columnStats(table).map(({ name, kind }) => [name, kind]))).toEqual({
      id: 'id',
      code: 'id',
      text: 'text',
      intent: 'label',
      flag: 'label',
      price: 'number',
      day: 'date',
      at: 'date',
      nothing: 'empty',
    });
  });

  it('counts empty and distinct cells and takes the lower median of the lengths', () => {
    const table = rowsOf({ a: ['xx', '', ' ', 'xx', 'yyyy', 'zzzzzz'] });
    expect(columnStats(table)).toEqual([
      { name: 'a', emptyCount: 2, distinctCount: 3, medianCharacters: 2, kind: 'text' },
    ]);
  });
});

describe('suggestTask', () => {
  it.each([
    [['id', 'dialogue', 'summary', 'topic'], 'dialogue', 'summary', 'summarise'],
    [['text', 'intent'], 'text', 'intent', 'classify'],
    [['Label', 'Sentence'], 'Sentence', 'Label', 'classify'],
    [['prompt', 'completion'], 'prompt', 'completion', 'plain'],
    [['prompt', 'chosen', 'rejected'], 'prompt', 'chosen', 'plain'],
    [['question', 'answer', 'document'], 'question', 'answer', 'plain'],
    [['mr', 'ref'], 'mr', 'ref', 'plain'],
    [['id', 'article', 'highlights'], 'article', 'highlights', 'own'],
    [['input', 'target', 'id'], 'input', 'target', 'plain'],
    [['chat', 'summary'], 'chat', 'summary', 'summarise'],
    [['text', 'target'], 'text', 'target', 'plain'],
  ])('%j: %s → %s', (columns, inputColumn, targetColumn, id) => {
    expect(suggestTask(columns, [])).toMatchObject({
      kind: 'supervised',
      inputColumn,
      targetColumn,
      template: { id },
    });
  });

  it('knows alpaca, with and without an input column', () => {
    expect(suggestTask(['instruction', 'input', 'output'], [])).toMatchObject({
      kind: 'instruction',
      instructionColumn: 'instruction',
      inputColumn: 'input',
      outputColumn: 'output',
      template: { id: 'alpaca' },
    });
    const without = suggestTask(['instruction', 'response'], []);
    expect(without).toMatchObject({ kind: 'instruction', outputColumn: 'response' });
    expect(without).not.toHaveProperty('inputColumn');
  });

  it('reads questions on a context as instructions', () => {
    expect(suggestTask(['context', 'question', 'answers'], [])).toMatchObject({
      kind: 'instruction',
      instructionColumn: 'question',
      inputColumn: 'context',
      outputColumn: 'answers',
      template: { id: 'flan' },
    });
  });

  it('goes by what columns look like when their names say nothing', () => {
    const labelled = rowsOf({
      nr: numbers.map((i) => `r-${i}`),
      gruppe: numbers.map((i) => ['gut', 'schlecht'][i % 2]!),
      satz: numbers.map((i) => `Das ist der Satz mit der Nummer ${i}`),
    });
    expect(suggestTask(labelled.columns, labelled.rows)).toMatchObject({
      inputColumn: 'satz',
      targetColumn: 'gruppe',
      template: { id: 'classify' },
    });
    const pairs = rowsOf({
      kurz: numbers.map((i) => `Satz ${i} kurz gesagt`),
      lang: numbers.map((i) => `Das ist der lange Satz mit der Nummer ${i} und noch mehr`),
    });
    expect(suggestTask(pairs.columns, pairs.rows)).toMatchObject({
      inputColumn: 'lang',
      targetColumn: 'kurz',
    });
  });

  it('leaves the target open in a table of one column', () => {
    expect(suggestTask(['text'], [{ text: 'one line of text' }])).toMatchObject({
      inputColumn: 'text',
      targetColumn: '',
    });
    expect(suggestTask([], [])).toMatchObject({ inputColumn: '', targetColumn: '' });
  });
});

describe('roles', () => {
  it('go from a task to roles and back', () => {
    for (const columns of [
      ['id', 'text', 'label'],
      ['instruction', 'input', 'output', 'n'],
      ['instruction', 'output'],
    ]) {
      const task = suggestTask(columns, []);
      expect(taskFromRoles(rolesFromTask(task, columns), task.template)).toEqual(task);
    }
  });

  it.each<[Record<string, ColumnRole>, string]>([
    [{ a: 'input', b: 'unused' }, 'mapping-without-target'],
    [{ a: 'unused', b: 'target' }, 'mapping-without-input'],
    [{ a: 'input', b: 'target', c: 'target' }, 'mapping-role-twice'],
  ])('%j is refused: %s', (roles, code) => {
    expect(() => taskFromRoles(roles)).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code }) }),
    );
  });
});
