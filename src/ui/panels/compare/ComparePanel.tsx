import { useComparison } from '../../../state/comparison.ts';
import { chosenAdapter, useAdapters } from '../../../state/adapters.ts';
import { useModels } from '../../../state/models.ts';
import { goTo } from '../../../state/settings.ts';
import { Button } from '../../components/Button.tsx';
import { NoticeStrip } from '../../components/NoticeStrip.tsx';
import { PanelHead } from '../../components/PanelHead.tsx';
import { ProblemStrip } from '../../components/ProblemStrip.tsx';
import { Tabs } from '../../components/Tabs.tsx';
import { HeldOut } from './HeldOut.tsx';
import { OneInput } from './OneInput.tsx';
import { useHeldOut } from './useHeldOut.ts';

/** Compare: four ways to answer, on one input or on the held-out rows. */
export function ComparePanel() {
  useHeldOut();
  const problem = useComparison((state) => state.problem);
  const model = useModels((state) => state.model);
  const adapter = useAdapters(chosenAdapter);
  return (
    <>
      <PanelHead title="Compare">
        Prompting, retrieval and training on the same input, so that you see what each brings.
      </PanelHead>
      {problem === undefined ? null : <ProblemStrip problem={problem} />}
      {model === undefined ? (
        <NoticeStrip tone="note">
          <p className="strip-text">
            <b>No model is loaded.</b> Answers need one.
          </p>
          <Button
            variant="primary"
            onClick={() => {
              goTo('model');
            }}
          >
            Go to Model
          </Button>
        </NoticeStrip>
      ) : adapter === undefined ? (
        <NoticeStrip tone="note">
          <p className="strip-text">
            <b>Nothing was trained yet.</b> The untuned model can answer already; the other half appears after
            a run.
          </p>
          <Button
            onClick={() => {
              goTo('train');
            }}
          >
            Go to Train
          </Button>
        </NoticeStrip>
      ) : null}
      <Tabs
        label="Compare on"
        tabs={[
          { id: 'one', label: 'One input', content: <OneInput /> },
          { id: 'all', label: 'Held-out rows', content: <HeldOut /> },
        ]}
      />
    </>
  );
}
