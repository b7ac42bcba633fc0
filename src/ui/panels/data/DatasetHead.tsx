import { formatBytes, formatCount, formatDuration, formatPlural } from '../../../lib/format.ts';
import { cancelReading, closeDataset, readFiles, useDatasets } from '../../../state/datasets.ts';
import type { DatasetView } from '../../../workers/protocol.ts';
import { Button } from '../../components/Button.tsx';
import { FileButton } from '../../components/FileButton.tsx';
import { PanelHead } from '../../components/PanelHead.tsx';
import { ProblemStrip } from '../../components/ProblemStrip.tsx';
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { DATA_FILES } from './DropZone.tsx';

/** The file's facts in one sentence, undo, and other files. */
export function DatasetHead({ dataset }: { dataset: DatasetView }) {
  const { status, progress, problem, excludedRows } = useDatasets();
  return (
    <>
      <PanelHead
        title="Data"
        actions={
          <>
            <Button variant="quiet" onClick={() => void closeDataset()}>
              Close
            </Button>
            <FileButton
              label="Choose files"
              accept={DATA_FILES}
              multiple
              onFiles={(files) => void readFiles(files)}
            />
          </>
        }
      >
        <b className="mono">{dataset.name}</b> {factsOf(dataset)}
        {excludedRows.length === 0 ? null : ` ${formatPlural(excludedRows.length, 'row')} left out by you.`}
      </PanelHead>
      {problem === undefined ? null : (
        <ProblemStrip
          problem={problem}
          onDismiss={() => {
            useDatasets.setState({ problem: undefined });
          }}
        />
      )}
      {status === 'reading' ? (
        <ProgressBar label="Reading" progress={progress} onCancel={cancelReading} />
      ) : null}
    </>
  );
}

const DELIMITERS: Readonly<Record<string, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
};

/** "2,000 rows, 6 columns, 3.1 MB. UTF-8, comma. Read in 0.4 s." */
export function factsOf(dataset: DatasetView): string {
  const { rowCount, columns, byteLength, encoding, hadByteOrderMark, delimiter, readMs } = dataset;
  const text = [
    encoding + (hadByteOrderMark ? ' (byte-order mark removed)' : ''),
    ...(delimiter === undefined ? [] : [`separated by ${DELIMITERS[delimiter] ?? `"${delimiter}"`}`]),
  ].join(', ');
  return `${formatCount(rowCount)} rows, ${formatPlural(columns.length, 'column')}, ${formatBytes(byteLength)}. ${text}. Read in ${formatDuration(readMs)}.`;
}
