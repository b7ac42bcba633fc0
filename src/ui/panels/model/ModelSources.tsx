import { useState } from 'react';
import { loadHubModel, loadModelFiles, loadStarter, useModels } from '../../../state/models.ts';
import { Button } from '../../components/Button.tsx';
import { FileButton } from '../../components/FileButton.tsx';
import { Section } from '../../components/Section.tsx';
import { TextField } from '../../components/TextField.tsx';
import { WeightBits } from './WeightBits.tsx';

/** The three ways to a model. */
export function ModelSources({ isLoading }: { isLoading: boolean }) {
  const [repository, setRepository] = useState('google/flan-t5-small');
  const isStarter = useModels(({ model }) => model?.source === 'bundled');
  return (
    <Section title="Where from" wide>
      <div className="model-cards">
        <div className="model-card">
          <h3>Starter</h3>
          <p>A small T5 that comes with Graft: loads in seconds, works offline, learns a task in minutes.</p>
          <Button
            variant={isStarter ? 'plain' : 'primary'}
            disabled={isLoading}
            onClick={() => void loadStarter()}
          >
            Load the starter model
          </Button>
        </div>
        <div className="model-card">
          <h3>Files</h3>
          <p>
            A folder as <code>save_pretrained</code> writes it: config.json, tokenizer.json and
            model.safetensors, or its parts with their index. Drop it anywhere on the page.
          </p>
          <FileButton
            label="Choose model files"
            accept=".json,.safetensors"
            multiple
            disabled={isLoading}
            onFiles={(files) => void loadModelFiles(files)}
          />
        </div>
        <form
          className="model-card"
          onSubmit={(event) => {
            event.preventDefault();
            void loadHubModel(repository.trim());
          }}
        >
          <h3>Hugging Face hub</h3>
          <p>
            The one thing here that uses the network: files come down, nothing goes up. flan-t5-small is about
            310 MB, flan-t5-base about 990 MB; kept in this browser afterwards.
          </p>
          <TextField label="Hub model" value={repository} onChange={setRepository} />
          <Button type="submit" disabled={isLoading || repository.trim() === ''}>
            Download from the hub
          </Button>
        </form>
      </div>
      <WeightBits />
    </Section>
  );
}
