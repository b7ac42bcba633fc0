import type { T5Config } from '../../../engine/t5/config.ts';
import { targetModules } from '../../../state/runFacts.ts';
import { changeLora, useRunSetup } from '../../../state/runSetup.ts';
import type { RunConfig } from '../../../training/runConfig.ts';
import { RUN_FIELDS } from '../../../training/runFields.ts';
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

const field = RUN_FIELDS.find(({ path }) => path === 'lora.targets')!;
const withoutModel = field.kind === 'modules' ? field.options : [];

/** Which matrices get an adapter: only modules that the loaded model has are offered. */
export function TargetModules({ config, model }: { config: RunConfig; model: T5Config | undefined }) {
  const offered = model === undefined ? withoutModel : targetModules(model);
  const problem = useRunSetup((state) =>
    state.problem?.column === 'lora.targets' ? state.problem : undefined,
  );
  const chosen = offered.filter((name) => config.lora.targets.includes(name));
  return (
    <fieldset className="targets" aria-describedby="targets-help">
      <legend>{field.label}</legend>
      <div className="targets-list">
        {offered.map((name) => (
          <CheckboxField
            key={name}
            label={`${name}, ${meanings[name] ?? 'matrix'}`}
            checked={chosen.includes(name)}
            onChange={(isChosen) => {
              changeLora({
                targets: offered.filter((other) => (other === name ? isChosen : chosen.includes(other))),
              });
            }}
          />
        ))}
      </div>
      <p id="targets-help" className={problem === undefined ? 'field-help' : 'field-problem'}>
        {problem === undefined ? field.help : `${problem.message} ${problem.fix}`}
      </p>
    </fieldset>
  );
}
