import { formatPlural } from '../../../lib/format.ts';
import type { Probe } from '../../../engine/probeLogits.ts';
import type { ExportedAdapter } from '../../../workers/protocol.ts';

import { Button } from '../../components/Button.tsx';
import { probeCase } from './probeCase.ts';
import { saveFile } from './saveFile.ts';

interface ReadBackProps {
  exported: ExportedAdapter | undefined;
  isExporting: boolean;
}

/** What the check of the written file found. */
export function ReadBack({ exported, isExporting }: ReadBackProps) {
  return (
    <section className="read-back" aria-label="Read back" aria-live="polite">
      <h3>Read back</h3>
      {exported === undefined ? (
        <p>
          {isExporting
            ? 'Writing the files, reading them again and comparing.'
            : 'On download the files are written, read again and compared with what the model uses.'}
        </p>
      ) : (
        <ul>
          <Compared exported={exported} />
          <li>
            {exported.fileName}
            <small>saved to your downloads</small>
          </li>
        </ul>
      )}
    </section>
  );
}

function Compared({ exported: { check, probe } }: { exported: ExportedAdapter }) {
  if (check.compared === 'files') {
    return (
      <li>
        {formatPlural(check.count, 'file')} compared
        <small>equal byte for byte</small>
      </li>
    );
  }
  return (
    <>
      <li>
        {formatPlural(check.count, 'tensor')} compared
        <small>largest difference {formatDifference(check.largestWeightDifference)}</small>
      </li>
      <li>
        Logits on a probe
        <small>largest difference {formatDifference(check.largestLogitDifference)}</small>
        <SaveProbe probe={probe} />
      </li>
    </>
  );
}

/** The probe as a file, so that the same comparison can be made in Python with peft. */
function SaveProbe({ probe }: { probe: Probe | undefined }) {
  if (probe === undefined) return null;
  return (
    <Button
      variant="quiet"
      size="sm"
      title="For scripts/checkAdapter.py, which compares these logits with those that peft computes"
      onClick={() => {
        saveFile('probe.json', probeCase(probe), 'application/json');
      }}
    >
      Save the probe
    </Button>
  );
}

function formatDifference(difference: number): string {
  return difference === 0 ? '0, equal to the last bit' : difference.toExponential(1);
}
