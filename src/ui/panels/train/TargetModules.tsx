import { useId } from 'react';
import type { T5Config } from '../../../engine/t5/config.ts';
import { targetModules } from '../../../state/runFacts.ts';
import { changeConfig, useRunSetup } from '../../../state/runSetup.ts';
import type { RunConfig } from '../../../training/runConfig.ts';
import type { ModulesField, RunFieldPath } from '../../../training/fields/runField.ts';
import { fieldValue } from '../../../training/runFields.ts';
import { CheckboxField } from '../../components/CheckboxField.tsx';

const meanings: Record<string, string> = {
  q: 'query',
  k: 'key',
  v: 'value',
  o: 'attention output',
  wi: 'feed-forward in',
  wi_0: 'feed-forward gate',
  wi_1: 'feed-forward in',
  wo: 'feed-forward out',
};

const savable: Record<string, string> = {
  lm_head: 'output layer',
  embed_tokens: 'token embeddings',
  final_layer_norm: 'last norms',
};

interface TargetModulesProps {
  field: ModulesField;
  config: RunConfig;
  model: T5Config | undefined;
}

/** Which parts of the model a method works on: of target modules only those that the loaded model has are offered. */
export function TargetModules({ field, config, model }: TargetModulesProps) {
  const offered = model === undefined || field.isOptional ? field.options : targetModules(model);
  const problem = useRunSetup((state) => (state.problem?.column === field.path ? state.problem : undefined));
  const value = fieldValue(config, field.path) as readonly string[];
  const chosen = offered.filter((name) => value.includes(name));
  const helpId = useId();
  return (
    <fieldset className="targets" aria-describedby={helpId}>
      <legend>{field.label}</legend>
      <div className="targets-list">
        {offered.map((name) => (
          <CheckboxField
            key={name}
            label={`${name}, ${meanings[name] ?? savable[name] ?? 'matrix'}`}
            checked={chosen.includes(name)}
            onChange={(isChosen) => {
              const next = offered.filter((other) => (other === name ? isChosen : chosen.includes(other)));
              changeModules(field.path, next);
            }}
          />
        ))}
      </div>
      <p id={helpId} className={problem === undefined ? 'field-help' : 'field-problem'}>
        {problem === undefined ? field.help : `${problem.message} ${problem.fix}`}
      </p>
    </fieldset>
  );
}

function changeModules(path: RunFieldPath, names: readonly string[]): void {
  const [method, key] = path.split('.') as ['lora' | 'ia3', string];
  changeConfig({ [method]: { ...useRunSetup.getState().config[method], [key]: names } });
}
