import { useState } from 'react';
import { exportMerged, stopMerging, useAdapters } from '../../../state/adapters.ts';
import { Button } from '../../components/Button.tsx';
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { Segmented } from '../../components/Segmented.tsx';
import { saveFile } from './saveFile.ts';

/** The whole model with the adapter folded in, for programs that know no adapters. */
export function MergedDownload({ isLoaded }: { isLoaded: boolean }) {
  const { isMerging, isExporting, mergeProgress } = useAdapters();
  const [format, setFormat] = useState<'F32' | 'F16'>('F32');
  const download = async (): Promise<void> => {
    const made = await exportMerged(format);
    if (made !== undefined) saveFile(made.name, made.file, 'application/zip');
  };
  return (
    <section className="merged" aria-label="Merged model">
      <h3 className="export-subtitle">Merged model</h3>
      <p>
        The adapter folded into its model: one folder for programs that know no adapters. F16 is half as large
        and rounds every number to about three digits.
      </p>
      <div className="code-actions">
        <Segmented
          label="Number format"
          value={format}
          options={[
            { value: 'F32', label: 'F32' },
            { value: 'F16', label: 'F16' },
          ]}
          onChange={setFormat}
        />
        <Button
          busy={isMerging}
          disabled={isMerging || isExporting || !isLoaded}
          onClick={() => void download()}
        >
          Download merged model
        </Button>
      </div>
      {isMerging ? (
        <ProgressBar progress={mergeProgress} label="Writing the merged model" onCancel={stopMerging} />
      ) : null}
    </section>
  );
}
