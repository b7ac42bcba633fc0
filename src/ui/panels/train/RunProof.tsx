import { stampSentences } from '../../../state/runStamp.ts';
import { openSheet } from '../../../state/settings.ts';
import type { RunRecord } from '../../../storage/records.ts';
import { Button } from '../../components/Button.tsx';

/** The stamp on a run: that its device computes rightly, and the proof where one was made. */
export function RunProof({ run }: { run: RunRecord }) {
  const { deviceCheck, proof } = run;
  if (deviceCheck === undefined && proof === undefined) return null;
  return (
    <p className="run-proof">
      {stampSentences(run).join(' ')}{' '}
      <Button
        variant="quiet"
        size="sm"
        onClick={() => {
          openSheet('proof');
        }}
      >
        {proof === undefined ? 'Try every claim' : 'Show the proof'}
      </Button>
    </p>
  );
}
