import { FileButton } from '../../components/FileButton.tsx';

export const DATA_FILES = '.csv,.tsv,.json,.jsonl,.ndjson,.txt';

/** The place that says "drop here"; a drop anywhere on the page works as well. */
export function DropZone({ onFiles }: { onFiles: (files: File[]) => void }) {
  return (
    <div className="drop">
      <b>Drop a file anywhere on this page</b>
      <span className="dim">
        CSV, TSV, JSON or JSONL. Several files with the same columns become one table.
      </span>
      <div className="acts">
        <FileButton label="Choose files" accept={DATA_FILES} multiple onFiles={onFiles} />
      </div>
    </div>
  );
}
