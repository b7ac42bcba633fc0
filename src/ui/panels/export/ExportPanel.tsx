import { chooseAdapter, chosenAdapter, importAdapter, useAdapters } from '../../../state/adapters.ts';
import { useModels } from '../../../state/models.ts';
import { goTo } from '../../../state/settings.ts';
import { Button } from '../../components/Button.tsx';
import { FileButton } from '../../components/FileButton.tsx';
import { PanelHead } from '../../components/PanelHead.tsx';
import { ProblemStrip } from '../../components/ProblemStrip.tsx';
import { AdapterList } from './AdapterList.tsx';
import { AdapterExport } from './AdapterExport.tsx';
import { ImportReport } from './ImportReport.tsx';

/** Export: what was learned as files that Python loads unchanged, and adapters from elsewhere. */
export function ExportPanel() {
  const { adapters, isImporting, problem } = useAdapters();
  const adapter = useAdapters(chosenAdapter);
  const model = useModels((state) => state.model);
  return (
    <>
      <PanelHead
        title="Export"
        actions={
          <FileButton
            label="Choose an adapter"
            accept=".zip,.json,.safetensors"
            multiple
            busy={isImporting}
            disabled={model === undefined || isImporting}
            onFiles={(files) => void importAdapter(files)}
          />
        }
      >
        Every file is read back and compared before it is offered. An adapter from elsewhere, as a zip or as
        its two files, comes in with the button.
      </PanelHead>
      {problem === undefined ? null : <ProblemStrip problem={problem} />}
      {adapter === undefined ? (
        <div className="export-empty">
          <p className="read">
            Nothing was trained yet. After a run its adapter is here, ready for <code>peft</code>.
          </p>
          <Button
            variant="primary"
            onClick={() => {
              goTo('train');
            }}
          >
            Go to Train
          </Button>
        </div>
      ) : (
        <>
          <AdapterExport key={adapter.id} adapter={adapter} />
          {adapter.view.report === undefined ? null : <ImportReport report={adapter.view.report} />}
          {adapters.length > 1 ? (
            <AdapterList adapters={adapters} chosenId={adapter.id} onChoose={chooseAdapter} />
          ) : null}
        </>
      )}
    </>
  );
}
