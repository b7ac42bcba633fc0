import { useAdapters } from '../../state/adapters.ts';
import { useComparison } from '../../state/comparison.ts';
import { useDatasets } from '../../state/datasets.ts';
import { useModels } from '../../state/models.ts';
import { useProof } from '../../state/proof.ts';
import { useRequests } from '../../state/requests.ts';
import { useRuns } from '../../state/runs.ts';
import { goTo, openSheet, useSettings } from '../../state/settings.ts';
import { isSound } from '../../training/proof/proofReport.ts';
import { Icon } from '../components/Icon.tsx';
import { stopViews, type StopState } from './stops.ts';

/** The order of the work, each stop with its state in words. */
export function Rail() {
  const current = useSettings((state) => state.stop);
  const datasets = useDatasets();
  const models = useModels();
  const runs = useRuns();
  const comparison = useComparison();
  const adapters = useAdapters();
  const proof = useProof(({ report }) => report);
  const proofText = proof === undefined ? '' : isSound(proof) ? 'holds' : 'fails';
  const requestCount = useRequests(({ entries }) => entries.length);
  return (
    <aside className="rail" aria-label="Graft">
      <div className="brand">
        <BrandMark />
        Graft
      </div>
      <nav className="stem" aria-label="Stops">
        <ol>
          {stopViews(datasets, models, runs, comparison, adapters).map(
            ({ id, name, state, text, isOpenable }) => (
              <li key={id} className={state === 'done' ? 'done' : undefined}>
                <button
                  type="button"
                  disabled={!isOpenable}
                  aria-current={id === current ? 'step' : undefined}
                  onClick={() => {
                    goTo(id);
                  }}
                >
                  <span className="node">
                    <NodeMark state={state} />
                  </span>
                  <span>
                    <b>{name}</b> <small>{text === '' ? '\u00a0' : text}</small>
                  </span>
                </button>
              </li>
            ),
          )}
        </ol>
      </nav>
      <div className="rail-foot">
        <button
          type="button"
          onClick={() => {
            openSheet('runs');
          }}
        >
          <Icon name="list" />
          Runs <span>{runs.runs.length === 0 ? '' : runs.runs.length}</span>
        </button>
        <button
          type="button"
          onClick={() => {
            openSheet('proof');
          }}
        >
          <Icon name="proof" />
          Proof <span>{proofText}</span>
        </button>
        <button
          type="button"
          onClick={() => {
            openSheet('requests');
          }}
        >
          <Icon name="arrows" />
          Request log <span>{requestCount === 0 ? '' : requestCount}</span>
        </button>
      </div>
    </aside>
  );
}

function NodeMark({ state }: { state: StopState }) {
  return (
    <svg viewBox="0 0 14 14" aria-hidden="true">
      {state === 'done' ? (
        <>
          <circle className="disc" cx="7" cy="7" r="7" />
          <path className="tick" d="M3.8 7.2l2.2 2.2 4.2-4.6" />
        </>
      ) : (
        <circle className="ring" cx="7" cy="7" r="6.2" />
      )}
      {state === 'ready' ? <circle className="dot" cx="7" cy="7" r="2.6" /> : null}
      {state === 'running' ? <path className="arc" d="M7 .8A6.2 6.2 0 0 1 13.2 7" fill="none" /> : null}
    </svg>
  );
}

/** A scion set into a stem. */
function BrandMark() {
  return (
    <svg
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M8 15V9M8 9V1.5M8 9.5C8 6.5 10 5 13 4.5M8 12c0-2-1.5-3.5-4.5-4" />
    </svg>
  );
}
