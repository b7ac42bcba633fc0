import { formatBytes, formatCount } from '../../../lib/format.ts';
import { exportAdapter, useAdapters } from '../../../state/adapters.ts';
import { useModels } from '../../../state/models.ts';
import type { AdapterRecord } from '../../../storage/records.ts';
import { Button } from '../../components/Button.tsx';
import { Section } from '../../components/Section.tsx';
import { SpecList } from '../../components/SpecList.tsx';
import { adapterKind } from './adapterKind.ts';
import { CodeBox } from './CodeBox.tsx';
import { MergedDownload } from './MergedDownload.tsx';
import { ReadBack } from './ReadBack.tsx';
import { pythonLines } from './pythonLines.ts';
import { saveFile } from './saveFile.ts';

/** The chosen adapter: its facts, its download, and the lines that load it in Python. */
export function AdapterExport({ adapter }: { adapter: AdapterRecord }) {
  const { isExporting, exported } = useAdapters();
  const model = useModels((state) => state.model);
  const { view } = adapter;
  const isLoaded = model?.id === adapter.modelId;
  const itsModel = useModels(({ stored }) => stored.find(({ id }) => id === adapter.modelId)?.view.name);
  const download = async (): Promise<void> => {
    const made = await exportAdapter();
    if (made !== undefined) saveFile(made.fileName, new Uint8Array(made.zip), 'application/zip');
  };
  return (
    <Section
      title={view.name}
      hint={
        exported === undefined
          ? `about ${formatBytes(4 * view.parameterCount)}`
          : `${formatBytes(exported.zip.byteLength)} zip`
      }
      actions={
        <Button
          variant="primary"
          busy={isExporting}
          disabled={isExporting || !isLoaded}
          onClick={() => void download()}
        >
          Download adapter
        </Button>
      }
      note={<ReadBack exported={exported} isExporting={isExporting} />}
    >
      {isLoaded ? null : (
        <p className="export-needs" role="note">
          This belongs to the model “{itsModel ?? adapter.modelId}”, which is not loaded. Load it under Model
          to write and check the files.
        </p>
      )}
      <section className="export-facts" aria-label="Adapter">
        <SpecList items={adapterFacts(adapter, model?.name)} />
      </section>
      {view.method === 'full' || view.method === 'prompt-tuning' ? null : (
        <MergedDownload isLoaded={isLoaded} />
      )}
      <h3 className="export-subtitle">In Python</h3>
      <CodeBox
        code={pythonLines(view, model?.name ?? adapter.modelId, exported?.fileName)}
        label="Python lines"
      />
    </Section>
  );
}

function adapterFacts(
  { view, savedAt, modelId }: AdapterRecord,
  modelName: string | undefined,
): [string, string][] {
  const facts: [string, string][] = [
    [
      'Kind',
      view.method === 'full' ? 'All weights, Hugging Face layout' : `${adapterKind(view)}, PEFT layout`,
    ],
    [
      'Made',
      `${view.origin === 'run' ? 'by a run' : 'elsewhere, imported'}, ${new Date(savedAt).toLocaleString()}`,
    ],
    ['Model', modelName ?? modelId],
    ['Parameters', formatCount(view.parameterCount)],
  ];
  if (view.r !== undefined) facts.push(['Rank r', String(view.r)]);
  if (view.alpha !== undefined) facts.push(['Alpha', String(view.alpha)]);
  if (view.isRankStabilised === true) facts.push(['Scale', 'alpha / √r']);
  if (view.targets !== undefined) facts.push(['Target modules', view.targets.join(', ')]);
  if (view.savedModules !== undefined && view.savedModules.length > 0) {
    facts.push(['Trained in full', view.savedModules.join(', ')]);
  }
  if (view.tokenCount !== undefined) facts.push(['Virtual tokens', formatCount(view.tokenCount)]);
  const files =
    view.method === 'full'
      ? 'config.json, model.safetensors, tokenizer.json'
      : 'adapter_config.json, adapter_model.safetensors, README.md';
  facts.push([
    'Files',
    view.origin === 'run' ? `${files}, trainer_state.json, trainer_log.jsonl, graft_proof.json` : files,
  ]);
  return facts;
}
