import type { Arm } from '../../../eval/comparison.ts';
import { chosenAdapter, useAdapters } from '../../../state/adapters.ts';
import { availableArms, isAdapterUsable } from '../../../state/comparedRun.ts';
import { useComparison } from '../../../state/comparison.ts';
import { useDatasets } from '../../../state/datasets.ts';
import { useModels } from '../../../state/models.ts';
import { ArmAnswer } from './ArmAnswer.tsx';

/** The two-by-two: base and tuned model down, from memory and with passages across. */
export function FourAnswers() {
  const { answers, reference, passageCount } = useComparison();
  const model = useModels((state) => state.model);
  const adapter = useAdapters(chosenAdapter);
  useDatasets((state) => state.dataset);
  const available = availableArms();
  const cell = (arm: Arm) => (
    <ArmAnswer
      arm={arm}
      answer={answers[arm]}
      reference={reference}
      missing={
        available.includes(arm) ? undefined : missingFor(arm, adapter !== undefined, isAdapterUsable())
      }
    />
  );
  return (
    <div className="factor">
      <span />
      <p className="factor-column">
        From memory <small>the prompt alone</small>
      </p>
      <p className="factor-column">
        With {passageCount} {passageCount === 1 ? 'passage' : 'passages'}{' '}
        <small>retrieved for this input</small>
      </p>
      <p className="factor-row">
        Base <small>{model?.name ?? 'no model'}</small>
      </p>
      {cell('prompt')}
      {cell('rag')}
      <p className="factor-row">
        Tuned <small>{adapter?.view.name ?? 'nothing trained yet'}</small>
      </p>
      {cell('tuned')}
      {cell('tuned-rag')}
    </div>
  );
}

function missingFor(arm: Arm, isChosen: boolean, isUsable: boolean): string {
  if (arm === 'tuned' || arm === 'tuned-rag') {
    if (!isChosen) return 'Nothing was trained yet. Train a run, or choose an adapter under Export.';
    if (!isUsable)
      return 'The chosen adapter was made for another model. Load that model, or choose another adapter.';
  }
  return 'There is nothing to retrieve from. Open a dataset, or choose text files.';
}
