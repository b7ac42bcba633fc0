import { formatPlural } from '../../../lib/format.ts';
import type { ExportedAdapter } from '../../../workers/protocol.ts';

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
          <li>
            {formatPlural(exported.check.tensorCount, 'tensor')} compared
            <small>largest difference {formatDifference(exported.check.largestWeightDifference)}</small>
          </li>
          <li>
            Logits on a probe
            <small>largest difference {formatDifference(exported.check.largestLogitDifference)}</small>
          </li>
          <li>
            {exported.fileName}
            <small>saved to your downloads</small>
          </li>
        </ul>
      )}
    </section>
  );
}

function formatDifference(difference: number): string {
  return difference === 0 ? '0, equal to the last bit' : difference.toExponential(1);
}
