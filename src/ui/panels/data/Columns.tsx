import { useState } from 'react';
import { rolesFromTask, taskFromRoles, type ColumnRole } from '../../../data/mapping.ts';
import type { Task } from '../../../data/task.ts';
import { toProblem, type Problem } from '../../../lib/problem.ts';
import { setTask, useDatasets } from '../../../state/datasets.ts';
import type { DatasetView } from '../../../workers/protocol.ts';
import { ProblemStrip } from '../../components/ProblemStrip.tsx';
import { Section } from '../../components/Section.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { rolesForKind, withRole, type Roles } from './roles.ts';
import { RowsTable } from './RowsTable.tsx';

/** The table with the mapping in its header. A mapping that cannot work stays on show with the reason. */
export function Columns({ dataset }: { dataset: DatasetView }) {
  const task = useDatasets((state) => state.task) ?? dataset.suggestedTask;
  const [draft, setDraft] = useState<{ roles: Roles; problem: Problem } | undefined>();
  const roles = draft?.roles ?? rolesFromTask(task, dataset.columns);

  const apply = (next: Roles): void => {
    try {
      const made = taskFromRoles(next);
      const { kind, template } = dataset.suggestedTask;
      setDraft(undefined);
      if (made.kind === task.kind) setTask({ ...made, template: task.template });
      else setTask(made.kind === kind ? { ...made, template } : made);
    } catch (error) {
      setDraft({ roles: next, problem: toProblem(error) });
    }
  };
  const setKind = (kind: Task['kind']): void => {
    if (kind !== task.kind) apply(rolesForKind(roles, kind));
  };
  const setRole = (column: string, role: ColumnRole): void => {
    apply(withRole(roles, column, role));
  };
  return (
    <Section
      title="Columns"
      hint="suggested from names and contents"
      actions={
        <Segmented
          label="Task"
          value={task.kind}
          options={[
            { value: 'supervised', label: 'Supervised' },
            { value: 'instruction', label: 'Instruction' },
          ]}
          onChange={setKind}
        />
      }
      note={
        <>
          <p>
            The header <i>is</i> the mapping: change a role where you see its column. The heavy rule marks
            what the model reads, the green one what it learns to write.
          </p>
          <p>
            {task.kind === 'supervised'
              ? 'Supervised: one column in, one column out.'
              : 'Instruction: each row says what to do, perhaps with an input, and what the answer is.'}
          </p>
        </>
      }
    >
      {draft === undefined ? null : <ProblemStrip problem={draft.problem} />}
      <RowsTable dataset={dataset} roles={roles} onRole={setRole} />
    </Section>
  );
}
