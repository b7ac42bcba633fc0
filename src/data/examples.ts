import { makeProblemList } from '../formats/problemList.ts';
import type { Row, Table } from '../formats/table.ts';
import { type Problem, ProblemError } from '../lib/problem.ts';
import type { Example } from './example.ts';
import type { Task } from './task.ts';
import { applyTemplate } from './templates.ts';

/** What a task reads and learns, by role. */
interface TaskColumns {
  /** Must not be empty in a row. */
  required: { column: string; role: 'input' | 'instruction' | 'target' }[];
  target: string;
}

/**
 * Rows made into examples by a task. Rows whose target, instruction or (supervised) input is empty are left out and
 * listed with line and column. Throws ProblemError when a column is missing, the target is the input, or no row is left.
 */
export function makeExamples(
  table: Pick<Table, 'name' | 'columns' | 'rows' | 'lines'>,
  task: Task,
): { examples: Example[]; problems: Problem[] } {
  const { required, target } = checkedColumns(table, task);
  const problems = makeProblemList(table.name);
  const emptyCounts = new Map<string, number>();
  const examples: Example[] = [];
  for (const [rowIndex, row] of table.rows.entries()) {
    const missing = required.find(({ column }) => (row[column] ?? '').trim() === '');
    if (missing) {
      emptyCounts.set(missing.column, (emptyCounts.get(missing.column) ?? 0) + 1);
      const line = table.lines[rowIndex];
      problems.add({
        code: `empty-${missing.role}`,
        message: `The ${missing.role} (column "${missing.column}") is empty; the row is left out.`,
        fix: 'Fill it in if the row matters.',
        ...(line === undefined ? {} : { row: line }),
        column: missing.column,
      });
      continue;
    }
    examples.push({
      rowIndex,
      prompt: applyTemplate(task.template, slotValues(row, task)),
      target: row[target]!,
    });
  }
  if (examples.length === 0) throw noExamples(table, required, emptyCounts);
  return { examples, problems: problems.list() };
}

/** What fills the slots of a task's template for one row: its columns by name, and `input` / `instruction` by role. */
export function slotValues(row: Row, task: Task): Record<string, string> {
  const input = task.inputColumn === undefined ? '' : (row[task.inputColumn] ?? '');
  return task.kind === 'supervised'
    ? { ...row, input }
    : { ...row, input, instruction: row[task.instructionColumn] ?? '' };
}

function checkedColumns(table: Pick<Table, 'name' | 'columns'>, task: Task): TaskColumns {
  const columns: TaskColumns =
    task.kind === 'supervised'
      ? {
          required: [
            { column: task.targetColumn, role: 'target' },
            { column: task.inputColumn, role: 'input' },
          ],
          target: task.targetColumn,
        }
      : {
          required: [
            { column: task.outputColumn, role: 'target' },
            { column: task.instructionColumn, role: 'instruction' },
          ],
          target: task.outputColumn,
        };
  const optional = task.kind === 'instruction' && task.inputColumn !== undefined ? [task.inputColumn] : [];
  for (const column of [...columns.required.map((entry) => entry.column), ...optional]) {
    if (table.columns.includes(column)) continue;
    throw new ProblemError({
      code: 'mapping-unknown-column',
      message: column === '' ? 'A column is not chosen yet.' : `The table has no column "${column}".`,
      fix: `Choose among its columns: ${table.columns.join(', ')}.`,
      file: table.name,
      ...(column === '' ? {} : { column }),
    });
  }
  const read = columns.required[1]!;
  if (read.column === columns.target) {
    throw new ProblemError({
      code: 'mapping-target-is-input',
      message: `Column "${columns.target}" is both ${read.role} and target: the model would learn to copy.`,
      fix: 'Choose another column for one of them.',
      file: table.name,
      column: columns.target,
    });
  }
  return columns;
}

function noExamples(
  table: Pick<Table, 'name' | 'rows'>,
  required: TaskColumns['required'],
  emptyCounts: ReadonlyMap<string, number>,
): ProblemError {
  if (table.rows.length === 0) {
    return new ProblemError({
      code: 'no-rows',
      message: 'The table has no rows.',
      fix: 'Load a file with a header and at least one row.',
      file: table.name,
    });
  }
  const [target] = required;
  const worst = required.toSorted(
    (a, b) => (emptyCounts.get(b.column) ?? 0) - (emptyCounts.get(a.column) ?? 0),
  )[0]!;
  const count = emptyCounts.get(worst.column) ?? 0;
  const isAll = count === table.rows.length;
  return new ProblemError({
    code: isAll && worst === target ? 'all-targets-empty' : 'no-examples',
    message: isAll
      ? `The ${worst.role} (column "${worst.column}") is empty in all ${count} rows.`
      : `No row is left: each of the ${table.rows.length} rows has an empty ${required.map(({ column, role }) => `${role} (column "${column}")`).join(' or ')}.`,
    fix: `Choose another column for the ${worst.role}, or fill this one in.`,
    file: table.name,
    column: worst.column,
  });
}
