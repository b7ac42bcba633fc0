import { setAdvanced, useSettings } from '../../../state/settings.ts';
import { startRun } from '../../../state/runControl.ts';
import { useRuns } from '../../../state/runs.ts';
import { applyPreset, useRunSetup } from '../../../state/runSetup.ts';
import { useModels } from '../../../state/models.ts';
import { PRESETS } from '../../../training/presets.ts';
import type { RunField, RunFieldGroup } from '../../../training/fields/runField.ts';
import { RUN_FIELDS } from '../../../training/runFields.ts';
import { Button } from '../../components/Button.tsx';
import { FootBar } from '../../components/FootBar.tsx';
import { PanelHead } from '../../components/PanelHead.tsx';
import { ProblemStrip } from '../../components/ProblemStrip.tsx';
import { Section } from '../../components/Section.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { MethodChoice } from './MethodChoice.tsx';
import { RunFieldRow } from './RunFieldRow.tsx';
import { RunPreview } from './RunPreview.tsx';
import { ScheduleCurve } from './ScheduleCurve.tsx';
import { TargetModules } from './TargetModules.tsx';
import { TrainableFormula } from './TrainableFormula.tsx';
import { useRunPlan } from './useRunPlan.ts';

const METHOD_NAMES = {
  lora: 'LoRA',
  ia3: 'IA³',
  'prompt-tuning': 'Prompt tuning',
  full: 'Full',
} as const;

const groups: readonly RunFieldGroup[] = ['Learning', 'Batches', 'Lengths', 'Checks', 'Rows'];

/** The settings of the next run, with what follows from them beside. */
export function SetUpRun() {
  const { config, presetId } = useRunSetup();
  const isAdvanced = useSettings((state) => state.isAdvanced);
  const model = useModels((state) => state.model);
  const { problem, isStarting, liveId } = useRuns();
  const plan = useRunPlan();
  const visible = RUN_FIELDS.filter(
    (field) =>
      (isAdvanced || !field.isAdvanced) &&
      (field.onlyFor === undefined || field.onlyFor === config.method) &&
      (field.onlyWith === undefined || field.onlyWith === config.optimizer),
  );
  const ofMethod = visible.filter(({ group, path }) => group === 'Method' && path !== 'method');
  const preset = PRESETS.find(({ id }) => id === presetId);
  return (
    <>
      <PanelHead
        title="Train"
        actions={
          <Segmented
            label="Settings shown"
            value={isAdvanced ? 'advanced' : 'simple'}
            options={[
              { value: 'simple', label: 'Simple' },
              { value: 'advanced', label: 'Advanced' },
            ]}
            onChange={(value) => {
              setAdvanced(value === 'advanced');
            }}
          />
        }
      >
        Every value below is the one that will be used. Change what you like; the preview follows.
      </PanelHead>
      {problem === undefined ? null : <ProblemStrip problem={problem} />}
      <Section title="Preset" hint={preset?.help ?? 'Your own settings.'} note={<RunPreview plan={plan} />}>
        <Segmented
          label="Preset"
          value={presetId}
          options={[
            ...PRESETS.map(({ id, label }) => ({ value: id, label })),
            ...(preset === undefined ? [{ value: 'own' as const, label: 'Own' }] : []),
          ]}
          onChange={(id) => {
            if (id !== 'own') applyPreset(id);
          }}
        />
        <div className="set-up-group">
          <h3>Method</h3>
          <MethodChoice config={config} model={model?.config} />
        </div>
        {ofMethod.length === 0 ? null : (
          <div className="set-up-group">
            <h3>{METHOD_NAMES[config.method]}</h3>
            {model === undefined ? null : <TrainableFormula model={model.config} config={config} />}
            <FieldList fields={ofMethod.filter(({ kind }) => kind !== 'modules')} />
            {ofMethod.map((field) =>
              field.kind === 'modules' ? (
                <TargetModules key={field.path} field={field} config={config} model={model?.config} />
              ) : null,
            )}
          </div>
        )}
        {groups.map((group) => {
          const fields = visible.filter((field) => field.group === group);
          return fields.length === 0 ? null : (
            <div className="set-up-group" key={group}>
              <h3>{group}</h3>
              <FieldList fields={fields} />
              {group === 'Learning' && plan.steps !== undefined ? (
                <ScheduleCurve config={config} totalSteps={plan.steps.totalSteps} />
              ) : null}
            </div>
          );
        })}
      </Section>
      <FootBar
        actions={
          <Button
            variant="primary"
            busy={isStarting}
            disabled={plan.blocker !== undefined || liveId !== undefined || isStarting}
            onClick={() => void startRun()}
          >
            Start training
          </Button>
        }
      >
        {liveId === undefined
          ? (plan.blocker ?? plan.sentence)
          : 'Another run is training. It must end first.'}
      </FootBar>
    </>
  );
}

function FieldList({ fields }: { fields: readonly RunField[] }) {
  return (
    <ul className="set-up-fields">
      {fields.map((field) => (
        <RunFieldRow key={field.path} field={field} />
      ))}
    </ul>
  );
}
