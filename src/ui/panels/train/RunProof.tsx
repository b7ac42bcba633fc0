import { stampSentences } from '../../../state/runStamp.ts';
import { openSheet } from '../../../state/settings.ts';
import type { RunRecord } from '../../../storage/records.ts';
import { Button } from '../../components/Button.tsx';

/** The stamp on a run: that its device computes rightly, and the proof where one was made. */
export function RunProof({ run }: { run: RunRecord }) {
  const sentences = stampSentences(run); // none on WASM before a proof: no kernels were tried
  if (sentences.length === 0) return null;
  return (
    <p className="run-proof">
      {sentences.join(' ')}{' '}
      <Button
        variant="quiet"
        size="sm"
        onClick={() => {
          openSheet('proof');
        }}
      >
        {run.proof === undefined ? 'Open the proof' : 'Show the proof'}
      </Button>
    </p>
  );
}
