/** Changing what columns are used for; each role but "unused" belongs to one column. */
import type { ColumnRole } from '../../../data/mapping.ts';
import type { Task } from '../../../data/task.ts';

export type Roles = Readonly<Record<string, ColumnRole>>;

export const ROLE_LABELS: Readonly<Record<ColumnRole, string>> = {
  input: 'Input',
  target: 'Target',
  instruction: 'Instruction',
  unused: 'Not used',
};

/** Gives a column a role; the column that had it is no longer used. */
export function withRole(roles: Roles, column: string, role: ColumnRole): Roles {
  const next: Record<string, ColumnRole> = { ...roles };
  if (role !== 'unused') {
    for (const [other, its] of Object.entries(roles)) if (its === role) next[other] = 'unused';
  }
  next[column] = role;
  return next;
}

/** The same columns for the other kind of task: what was read becomes the instruction, and back. */
export function rolesForKind(roles: Roles, kind: Task['kind']): Roles {
  const from: ColumnRole = kind === 'instruction' ? 'input' : 'instruction';
  const to: ColumnRole = kind === 'instruction' ? 'instruction' : 'input';
  if (Object.values(roles).includes(to) && kind === 'instruction') return roles;
  const column = Object.keys(roles).find((name) => roles[name] === from);
  return column === undefined ? roles : withRole(roles, column, to);
}
