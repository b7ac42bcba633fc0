import { formatBytes, formatCount } from '../../../lib/format.ts';
import { cancelLoading, useModels } from '../../../state/models.ts';
import { goTo } from '../../../state/settings.ts';
import type { ModelView } from '../../../workers/protocol.ts';
import { Button } from '../../components/Button.tsx';
import { FootBar } from '../../components/FootBar.tsx';
import { PanelHead } from '../../components/PanelHead.tsx';
import { ProblemStrip } from '../../components/ProblemStrip.tsx';
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { Section } from '../../components/Section.tsx';
import { SpecList } from '../../components/SpecList.tsx';
import { GpuNotice } from '../../frame/GpuNotice.tsx';
import { ModelSources } from './ModelSources.tsx';
import { StoredModels } from './StoredModels.tsx';

/** Model: where it comes from, and what is loaded. */
export function ModelPanel() {
  const { status, progress, problem, model } = useModels();
  return (
    <>
      <PanelHead title="Model">
        Training starts from a model that already reads and writes. The starter comes with Graft; others come
        from the hub or from a folder.
      </PanelHead>
      <GpuNotice />
      {problem === undefined ? null : (
        <ProblemStrip
          problem={problem}
          onDismiss={() => {
            useModels.setState({ problem: undefined });
          }}
        />
      )}
      {status === 'loading' ? (
        <ProgressBar label="Loading the model" progress={progress} onCancel={cancelLoading} />
      ) : null}
      <ModelSources isLoading={status === 'loading'} />
      {model === undefined ? null : <LoadedModel model={model} />}
      <StoredModels />
      <FootBar
        actions={
          <Button
            variant="primary"
            disabled={model === undefined}
            onClick={() => {
              goTo('train');
            }}
          >
            Continue to Train
          </Button>
        }
      >
        {model === undefined ? (
          'No model is loaded.'
        ) : (
          <>
            <b>{model.name}</b> is loaded
          </>
        )}
      </FootBar>
    </>
  );
}

function LoadedModel({ model }: { model: ModelView }) {
  const { config } = model;
  return (
    <Section
      title="Loaded model"
      hint={model.name}
      note={
        <p>
          Letters in the papers: d_model is the width of the network, d_ff that of its inner layers, and each
          attention head looks at d_kv numbers.
        </p>
      }
    >
      <div className="two">
        <SpecList
          items={[
            ['Parameters', formatCount(model.parameterCount)],
            ['Layers', `${config.numLayers} encoder, ${config.numDecoderLayers} decoder`],
            ['d_model', formatCount(config.dModel)],
            ['d_ff', `${formatCount(config.dFf)}, ${config.feedForwardProj}`],
            ['Heads', `${config.numHeads} of d_kv ${config.dKv}`],
          ]}
        />
        <SpecList
          items={[
            ['Vocabulary', formatCount(config.vocabSize)],
            ['Output layer', config.tieWordEmbeddings ? 'tied to the embeddings' : 'its own'],
            ['Stored as', model.dtypes.join(', ')],
            ['Weight files', formatBytes(model.fileBytes)],
            ['On the device', formatBytes(model.deviceBytes)],
            ...(model.licence === undefined ? [] : [['Licence', model.licence] as const]),
          ]}
        />
      </div>
    </Section>
  );
}
