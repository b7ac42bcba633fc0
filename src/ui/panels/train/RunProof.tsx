import { formatPlural } from '../../../lib/format.ts';
import { openSheet } from '../../../state/settings.ts';
import type { RunRecord } from '../../../storage/records.ts';
import { verdictSentence } from '../../../training/proof/proofReport.ts';
import { Button } from '../../components/Button.tsx';

/** The stamp on a run: that its device computes rightly, and the proof where one was made. */
export function RunProof({ run: { deviceCheck, proof } }: { run: RunRecord }) {
  if (deviceCheck === undefined && proof === undefined) return null;
  const checked =
    deviceCheck === undefined || deviceCheck.length === 0
      ? ''
      : `${formatPlural(deviceCheck.length, 'kernel')} checked on this device before the first step: all sound. `;
  return (
    <p className="run-proof">
      {checked}
      {proof === undefined ? '' : `${verdictSentence(proof)} `}
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
