import { describe, expect, it } from 'vitest';
import type { Example } from './example.ts';
import { findFindings } from './findings.ts';
import type { Task } from './task.ts';
import { CLASSIFY } from './templates.ts';
import type { TokenSetSummary } from './tokenSet.ts';

const task: Task = { kind: 'supervised', inputColumn: 'text', targetColumn: 'label', template: CLASSIFY };
const rowsOf = (pairs: readonly (readonly [string, string])[]): { text: string; label: string }[] =>
  pairs.map(([text, label]) => ({ text, label }));
const examplesOf = (rows: readonly { text: string; label: string }[]): Example[] =>
  rows.flatMap(({ text, label }, rowIndex) =>
    text === '' || label === '' ? [] : [{ rowIndex, prompt: text, target: label }],
  );
const summary: TokenSetSummary = {
  exampleCount: 4,
  inputTokens: 900,
  labelTokens: 100,
  longestInput: 64,
  longestLabel: 16,
  truncatedInputs: 0,
  truncatedLabels: 0,
  unknownTokens: 0,
};

describe('findFindings', () => {
  it('finds nothing in clean rows', () => {
    const rows = rowsOf([
      ['one text', 'first answer'],
      ['two text', 'second answer'],
      ['three text', 'third answer'],
    ]);
    expect(findFindings(rows, task, examplesOf(rows), summary)).toEqual([]);
  });

  it('names empty fields, duplicates and contradictions by row', () => {
    const rows = rowsOf([
      ['a', 'x'],
      ['', 'x'],
      ['b', ''],
      ['a', 'x'],
      ['a', 'y'],
      ['c', 'z z'],
    ]);
    const found = findFindings(rows, task, examplesOf(rows));
    expect(found.map(({ severity, title, rowIndices, fix }) => [severity, title, rowIndices, fix])).toEqual([
      ['warn', '1 row with an empty "text"', [1], undefined],
      ['warn', '1 row with an empty "label"', [2], undefined],
      ['warn', '1 exact duplicate', [3], 'drop-rows'],
      ['note', '1 row with a prompt seen before and another target', [4], undefined],
    ]);
  });

  it('is grave when most targets are empty', () => {
    const rows = rowsOf([
      ['a', ''],
      ['b', ''],
      ['c', 'x'],
    ]);
    expect(findFindings(rows, task, examplesOf(rows))[0]).toMatchObject({
      severity: 'bad',
      detail: '67 % of the rows have nothing in this column; they are left out of training.',
    });
  });

  it('says what was cut, and which rows', () => {
    const rows = rowsOf([
      ['a', 'x 1'],
      ['', ''],
      ['b', 'y 2'],
      ['c', 'z 3'],
      ['d', 'w 4'],
    ]);
    const cutSummary = { ...summary, truncatedInputs: 1, truncatedLabels: 2 };
    const cut = { cutInputs: Uint32Array.of(1), cutLabels: Uint32Array.of(0, 3) };
    const found = findFindings(rows, task, examplesOf(rows), cutSummary, cut).filter(({ title }) =>
      title.includes('too long'),
    );
    expect(found).toMatchObject([
      { severity: 'warn', title: '50 % of the targets are too long', rowIndices: [0, 4], fix: 'drop-rows' },
      { severity: 'warn', title: '25 % of the inputs are too long', rowIndices: [2], fix: 'drop-rows' },
    ]);
    expect(found[0]!.detail).toMatch(/^2 targets lose their end at 16 tokens\./);
  });

  it('warns of unknown tokens above 2 %', () => {
    const of = (unknownTokens: number): unknown =>
      findFindings([], task, [], { ...summary, unknownTokens })[0] ?? 'none';
    expect(of(0)).toBe('none');
    expect(of(20)).toMatchObject({ severity: 'note', title: '2.0 % unknown tokens' });
    expect(of(21)).toMatchObject({ severity: 'warn' });
  });

  it('shows labels, and warns when they are uneven', () => {
    const rows = rowsOf([
      ...Array.from({ length: 30 }, (_, i) => [`text ${i}`, 'often'] as const),
      ...Array.from({ length: 3 }, (_, i) => [`other ${i}`, 'rare'] as const),
      ...Array.from({ length: 7 }, (_, i) => [`third ${i}`, 'some'] as const),
    ]);
    const [uneven] = findFindings(rows, task, examplesOf(rows));
    expect(uneven).toMatchObject({ severity: 'warn', title: 'Labels are uneven: 3 in "label"' });
    expect(uneven!.detail).toContain('"often" (75 % of the rows');
    expect(uneven!.detail).toContain('"rare" (3 rows)');
    const even = rows.slice(20);
    expect(findFindings(even, task, examplesOf(even))[0]).toMatchObject({
      severity: 'note',
      title: '3 labels in "label"',
    });
  });
});
