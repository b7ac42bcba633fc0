import { useState } from 'react';
import { templatesFor, validateTemplate } from '../../../data/templates.ts';
import type { PromptTemplate } from '../../../data/task.ts';
import { setTask, useDatasets } from '../../../state/datasets.ts';
import { ProblemStrip } from '../../components/ProblemStrip.tsx';
import { Section } from '../../components/Section.tsx';
import { SelectField } from '../../components/SelectField.tsx';
import { TextArea } from '../../components/TextArea.tsx';

const NAMES: Readonly<Record<PromptTemplate['id'], string>> = {
  plain: 'Plain: the input alone',
  summarise: 'Summarise: as the DialogSum lab asks',
  classify: 'Classify',
  flan: 'FLAN',
  alpaca: 'Alpaca',
  own: 'Own',
};

/** The text around the row's fields: one of the known templates, or the person's own with slots. */
export function Prompting() {
  const task = useDatasets((state) => state.task);
  const columns = useDatasets((state) => state.dataset?.columns ?? []);
  const [typed, setTyped] = useState<string | undefined>();
  if (task === undefined) return null;
  const known = templatesFor(task.kind);
  const text = typed ?? task.template.text;
  const problems = validateTemplate({ id: 'own', text }, task.kind, columns);

  const choose = (id: PromptTemplate['id']): void => {
    setTyped(undefined);
    const template = known.find((candidate) => candidate.id === id) ?? {
      ...task.template,
      id: 'own',
    };
    setTask({ ...task, template });
  };
  const write = (next: string): void => {
    setTyped(next);
    if (validateTemplate({ id: 'own', text: next }, task.kind, columns).length === 0) {
      setTask({ ...task, template: { ...task.template, id: 'own', text: next } });
    }
  };
  const slots = [...(task.kind === 'instruction' ? ['instruction', 'input'] : ['input']), ...columns];
  return (
    <Section
      title="Prompt"
      hint="the text around each row"
      note={
        <>
          <p>
            The same words stand around every row, in training and when the model answers. Words it already
            knows help it start; after training the form matters less.
          </p>
          <p>
            Slots:{' '}
            {[...new Set(slots)].map((slot) => (
              <code key={slot} className="slot">{`{${slot}}`}</code>
            ))}
          </p>
        </>
      }
    >
      <div className="prompting">
        <SelectField
          label="Template"
          value={task.template.id}
          options={[...known.map(({ id }) => id), 'own' as const].map((id) => ({
            value: id,
            label: NAMES[id],
          }))}
          onChange={choose}
        />
        <TextArea label="Text of the template" rows={5} isCode value={text} onChange={write} />
      </div>
      {problems[0] === undefined ? null : <ProblemStrip problem={problems[0]} />}
    </Section>
  );
}
