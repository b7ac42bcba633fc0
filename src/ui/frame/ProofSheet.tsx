import { formatPlural } from '../../lib/format.ts';
import { cancelProof, makeProof, useProof } from '../../state/proof.ts';
import { useRuns } from '../../state/runs.ts';
import { openSheet, useSettings } from '../../state/settings.ts';
import { isSound, verdictSentence, type ProofLine } from '../../training/proof/proofReport.ts';
import { Button } from '../components/Button.tsx';
import { Icon } from '../components/Icon.tsx';
import { ProblemStrip } from '../components/ProblemStrip.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { Sheet } from '../components/Sheet.tsx';

const SIGNS = { holds: 'check', fails: 'cross', 'not tried': 'dash' } as const;

/** What this page claims of its numbers, tried on this device. */
export function ProofSheet() {
  const isOpen = useSettings(({ sheet }) => sheet === 'proof');
  const { status, progress, problem, lines, report } = useProof();
  const isTraining = useRuns(({ liveId }) => liveId !== undefined);
  const isRunning = status === 'running';
  return (
    <Sheet
      open={isOpen}
      title="Proof"
      onClose={() => {
        openSheet(null);
      }}
    >
      <p className="read">
        Nobody has to believe our numbers. Each claim is tried here, on this device, with the loaded model.
      </p>
      {problem === undefined ? null : <ProblemStrip problem={problem} />}
      {isRunning || report === undefined ? null : (
        <p role="status" className={isSound(report) ? 'proof-verdict' : 'proof-verdict bad'}>
          <b>{verdictSentence(report)}</b>{' '}
          <span className="faint">
            {report.modelName}, {(report.elapsedMs / 1000).toFixed(1)} s,{' '}
            {new Date(report.at).toLocaleString()}, seed {report.seed}
          </span>
        </p>
      )}
      {isRunning ? (
        <ProgressBar label="Trying" progress={progress} onCancel={cancelProof} />
      ) : (
        <Button
          variant={report === undefined ? 'primary' : 'plain'}
          disabled={isTraining}
          onClick={() => void makeProof()}
        >
          {report === undefined ? 'Try every claim' : 'Try again'}
        </Button>
      )}
      {isTraining ? <p className="faint">A run is training; the proof waits for its end.</p> : null}
      <ul className="ledger" aria-label="Claims">
        {lines.map((line) => (
          <Claim key={line.id} line={line} />
        ))}
      </ul>
      {isRunning || report === undefined || report.kernels.length === 0 ? null : <Kernels />}
    </Sheet>
  );
}

function Claim({ line: { verdict, claim, finding } }: { line: ProofLine }) {
  return (
    <li className={`claim-${verdict === 'not tried' ? 'untried' : verdict}`}>
      <Icon name={SIGNS[verdict]} />
      <span>{claim}</span>
      <span className="v">{verdict}</span>
      <small>{finding}</small>
    </li>
  );
}

/** Every kernel with its largest error. */
function Kernels() {
  const kernels = useProof(({ report }) => report?.kernels ?? []);
  return (
    <details>
      <summary>Kernels: {formatPlural(kernels.length, 'case')}</summary>
      <div className="scroll">
        <table className="tight" aria-label="Kernels">
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col">Sizes</th>
              <th scope="col" className="num">
                Largest error
              </th>
              <th scope="col" className="num">
                Allowed
              </th>
            </tr>
          </thead>
          <tbody>
            {kernels.map(({ op, sizes, error, tolerance, fault }) => (
              <tr key={`${op} ${sizes}`} className={fault === undefined ? undefined : 'bad'}>
                <td>{op}</td>
                <td>{sizes}</td>
                <td className="num">{error.toExponential(1)}</td>
                <td className="num">{tolerance.toExponential(0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
