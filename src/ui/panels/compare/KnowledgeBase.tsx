import { formatPlural } from '../../../lib/format.ts';
import { setPassageCount, useComparison } from '../../../state/comparison.ts';
import { forgetKnowledge, readKnowledge } from '../../../state/knowledge.ts';
import { useDatasets } from '../../../state/datasets.ts';
import { Button } from '../../components/Button.tsx';
import { FileButton } from '../../components/FileButton.tsx';
import { NumberField } from '../../components/NumberField.tsx';

/** What the RAG arms look things up in: own text files, or the training rows. */
export function KnowledgeBase() {
  const { knowledge, isReadingKnowledge, passageCount } = useComparison();
  const hasDataset = useDatasets((state) => state.dataset !== undefined);
  const isFromFiles = knowledge?.source === 'files';
  const summary = isReadingKnowledge
    ? 'reading'
    : isFromFiles
      ? formatPlural(knowledge.passageCount, 'passage')
      : hasDataset
        ? 'training rows'
        : 'empty';
  return (
    <details className="compare-details">
      <summary>
        Knowledge base <small>{summary}</small>
      </summary>
      <div className="compare-fields">
        <p aria-live="polite">
          {isFromFiles
            ? `${knowledge.names.join(', ')}: ${formatPlural(knowledge.passageCount, 'passage')}.`
            : hasDataset
              ? 'The training rows are searched; a row is never shown its own answer. Text files replace them.'
              : 'Choose text or Markdown files to look things up in.'}
        </p>
        <FileButton
          label="Choose text files for retrieval"
          accept=".txt,.md,.markdown,text/plain,text/markdown"
          multiple
          onFiles={(files) => void readKnowledge(files)}
        />
        {isFromFiles && hasDataset ? (
          <Button variant="quiet" size="sm" onClick={() => void forgetKnowledge()}>
            Use the training rows
          </Button>
        ) : null}
        <NumberField
          label="Passages per input"
          isWhole
          value={passageCount}
          min={1}
          max={10}
          step={1}
          onChange={setPassageCount}
        />
      </div>
    </details>
  );
}
