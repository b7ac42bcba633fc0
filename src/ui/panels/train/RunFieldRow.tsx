import { Fragment } from 'react';
import { changeConfig, useRunSetup } from '../../../state/runSetup.ts';
import type { RunField, RunFieldPath } from '../../../training/fields/runField.ts';
import { fieldValue } from '../../../training/runFields.ts';
import { CheckboxField } from '../../components/CheckboxField.tsx';
import { NumberField } from '../../components/NumberField.tsx';
import { SelectField } from '../../components/SelectField.tsx';
import { TextField } from '../../components/TextField.tsx';

/** One setting, drawn from its description: label, control, help and where the default comes from. */
export function RunFieldRow({ field }: { field: RunField }) {
  const config = useRunSetup((state) => state.config);
  const problem = useRunSetup((state) => (state.problem?.column === field.path ? state.problem : undefined));
  const value = fieldValue(config, field.path);
  if (field.kind === 'modules') return null;
  return (
    <li className="set-up-field">
      <span className="set-up-label" aria-hidden="true">
        {field.label}
      </span>
      {field.kind === 'number' ? (
        <NumberField
          label={field.label}
          hideLabel
          value={Number(value)}
          min={field.min}
          max={field.max}
          step={field.step}
          isWhole={field.isWhole}
          unit={field.unit}
          {...(problem === undefined ? {} : { problem: `${problem.message} ${problem.fix}` })}
          onChange={(next) => {
            change(field.path, next);
          }}
        />
      ) : field.kind === 'switch' ? (
        <CheckboxField
          label="On"
          name={field.label}
          checked={value === true}
          onChange={(next) => {
            change(field.path, next);
          }}
        />
      ) : field.kind === 'text' ? (
        <TextField
          label={field.label}
          hideLabel
          value={String(value)}
          onChange={(next) => {
            change(field.path, next);
          }}
        />
      ) : (
        <SelectField
          label={field.label}
          hideLabel
          value={String(value)}
          options={field.options}
          onChange={(next) => {
            change(field.path, next);
          }}
        />
      )}
      <span className={problem === undefined || field.kind === 'number' ? 'set-up-help' : 'field-problem'}>
        {problem === undefined || field.kind === 'number' ? field.help : `${problem.message} ${problem.fix}`}
      </span>
      <span className="set-up-source">
        <BreakableName text={field.source} />
      </span>
    </li>
  );
}

/** Long names of other libraries may break after a dot or an underscore. */
function BreakableName({ text }: { text: string }) {
  return text.split(/(?<=[._])(?=[A-Za-z])/).map((part, i) => (
    <Fragment key={i}>
      {i === 0 ? null : <wbr />}
      {part}
    </Fragment>
  ));
}

function change(path: RunFieldPath, value: number | string | boolean): void {
  const [outer, inner] = path.split('.') as [string, string | undefined];
  if (inner === undefined) {
    changeConfig({ [outer]: value });
  } else {
    const settings = useRunSetup.getState().config[outer as 'lora' | 'ia3' | 'prompt' | 'adafactor'];
    changeConfig({ [outer]: { ...settings, [inner]: value } });
  }
}
