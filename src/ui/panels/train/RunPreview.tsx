import { formatBytes, formatCount, formatSignificant } from '../../../lib/format.ts';
import { SpecList } from '../../components/SpecList.tsx';
import type { RunPlan } from './useRunPlan.ts';

/** What the run will cost, before it starts. */
export function RunPreview({ plan }: { plan: RunPlan }) {
  const { steps, tokens, memory, warnings, blocker, trainRows } = plan;
  return (
    <section className="run-preview" aria-label="Run preview">
      <h3>Run preview</h3>
      {steps === undefined ? (
        <p>{blocker ?? 'The rows are being counted.'}</p>
      ) : (
        <>
          <p className="run-preview-figure">
            <b>{formatCount(steps.totalSteps)}</b> steps
          </p>
          <SpecList
            items={[
              ['Rows to train on', formatCount(trainRows ?? 0)],
              ['Steps per epoch', formatCount(steps.stepsPerEpoch)],
              ['Rows seen', formatCount(steps.rowsSeen)],
              ...(tokens === undefined
                ? []
                : ([
                    ['Tokens read', formatTokens(tokens.read)],
                    ['Tokens learned', formatTokens(tokens.learned)],
                  ] as [string, string][])),
            ]}
          />
        </>
      )}
      {memory === undefined ? null : (
        <>
          <h3>Memory, estimated</h3>
          <p className="run-preview-figure">
            <b>{formatBytes(memory.totalBytes)}</b>
          </p>
          <div className="memory-bar" aria-hidden="true">
            <i className="memory-weights" style={{ flexGrow: memory.weightBytes }} />
            <i className="memory-training" style={{ flexGrow: memory.trainingBytes }} />
            <i className="memory-activations" style={{ flexGrow: memory.activationBytes }} />
          </div>
          <ul className="memory-key">
            <li>
              <i className="memory-weights" /> weights {formatBytes(memory.weightBytes)}
            </li>
            <li>
              <i className="memory-training" /> trained part with Adam {formatBytes(memory.trainingBytes)}
            </li>
            <li>
              <i className="memory-activations" /> one batch {formatBytes(memory.activationBytes)}
              {memory.recomputesLayers ? ', layers computed twice to save memory' : ''}
            </li>
          </ul>
        </>
      )}
      {warnings.length === 0 ? null : (
        <>
          <h3>Worth a look</h3>
          <ul className="run-warnings">
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function formatTokens(count: number): string {
  return count < 1e5 ? formatCount(count) : `${formatSignificant(count / 1e6)} M`;
}
